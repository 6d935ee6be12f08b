# Loads .pt files of ours as users of PyTorch do, and compares them with the safetensors file of the same values.
# Arguments in one, separated by "|": the safetensors, a whole checkpoint, then files of EMA weights alone.
import json
import pickletools
import struct
import sys
import zipfile

import torch
from torch import nn


def read_safetensors(path):
    raw = open(path, "rb").read()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        tensors[name] = torch.frombuffer(bytearray(raw[begin:end]), dtype=torch.float32).reshape(entry["shape"])
    return tensors


class Block(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.attn = nn.MultiheadAttention(h, 2, batch_first=True)
        self.mlp = nn.Module()
        self.mlp.fc1, self.mlp.fc2 = nn.Linear(h, 4 * h), nn.Linear(4 * h, h)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(h, 6 * h))


class Network(nn.Module):
    def __init__(self, h, depth, classes):
        super().__init__()
        self.xoc_embedder, self.t_embedder, self.y_embedder, self.final_layer = (nn.Module() for _ in range(4))
        self.xoc_embedder.mlp = nn.Sequential(nn.Linear(528, h))
        self.xoc_embedder.playfield_size = nn.Parameter(torch.zeros(2), requires_grad=False)
        self.t_embedder.mlp = nn.Sequential(nn.Linear(256, h), nn.SiLU(), nn.Linear(h, h))
        self.y_embedder.embedding_table = nn.Embedding(classes + 1, h)
        final = self._modules.pop("final_layer")
        self.blocks = nn.ModuleList(Block(h) for _ in range(depth))
        self.final_layer = final
        self.final_layer.linear = nn.Linear(h, 4)
        self.final_layer.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(h, 2 * h))


def check_weights(network, weights, golden, part):
    assert list(weights) == [name for name, _ in network.named_parameters()], "the order of the keys"
    network.load_state_dict(weights, strict=True)
    for name, value in network.state_dict().items():
        assert torch.equal(value, golden[f"{part}.{name}"]), name


def check_optimizer(network, checkpoint, golden):
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.5)
    optimizer.load_state_dict(checkpoint["opt"])
    assert optimizer.param_groups[0]["lr"] == 1e-4 and optimizer.param_groups[0]["weight_decay"] == 0
    for index, parameter in enumerate(network.parameters()):
        state = optimizer.state.get(parameter)
        assert (state is None) == (index == 0), index
        for key in ("exp_avg", "exp_avg_sq") if state else ():
            assert torch.equal(state[key], golden[f"opt.{index}.{key}"]), (index, key)
        parameter.grad = torch.zeros_like(parameter) if state else None
    steps = [float(state["step"]) for state in optimizer.state.values()]
    optimizer.step()
    assert [float(state["step"]) for state in optimizer.state.values()] == [step + 1 for step in steps]


# What the weights-only reader of PyTorch 2 takes; the one of PyTorch 1 takes less, so torch.load here tells too little.
OPCODES = set("""PROTO STOP MARK TUPLE EMPTY_TUPLE EMPTY_LIST EMPTY_DICT APPENDS SETITEMS NONE NEWTRUE NEWFALSE BININT
    BININT1 BININT2 LONG1 BINFLOAT BINUNICODE GLOBAL REDUCE BINPERSID""".split())
GLOBALS = {"collections OrderedDict", "torch._utils _rebuild_tensor_v2", "torch FloatStorage"}


def check_opcodes(path):
    for opcode, argument, _ in pickletools.genops(zipfile.ZipFile(path).read("archive/data.pkl")):
        assert opcode.name in OPCODES, opcode.name
        assert opcode.name != "GLOBAL" or argument in GLOBALS, argument
        assert opcode.name != "PROTO" or argument == 2, argument


def main():
    golden_path, whole, *weights_alone = sys.argv[1].split("|")
    golden = read_safetensors(golden_path)
    label_table = golden["ema.y_embedder.embedding_table.weight"]
    network = Network(label_table.shape[1], 2, label_table.shape[0] - 1)
    for path in (whole, *weights_alone):
        check_opcodes(path)
        assert zipfile.ZipFile(path).testzip() is None, "a checksum"
    for path in weights_alone:
        checkpoint = torch.load(path, weights_only=True)
        check_weights(network, checkpoint["ema"], golden, "ema")
        assert checkpoint["metadata"]["config"] == '{"depth": 2}'

    # The weights-only reader of PyTorch 1 knows no floating-point numbers, so it cannot read any optimiser.
    weights_only = {} if torch.__version__.startswith("1.") else {"weights_only": True}
    checkpoint = torch.load(whole, **weights_only)
    check_weights(network, checkpoint["ema"], golden, "ema")
    check_weights(network, checkpoint["model"], golden, "model")
    check_optimizer(network, checkpoint, golden)
    assert checkpoint["scaler"]["scale"] == 65536.0
    assert checkpoint["args"]["model"] == "DiT-T"
    print("loaded")


main()
