# Writes what torch.save can put into a file beside plain weights, into the folder of the argument: FORMAT_PROTOCOL.pt.
import argparse
import sys

import torch

base = torch.arange(24, dtype=torch.float32)
state = {
    "module.transposed": base.reshape(4, 6).t(),
    "module.row": base.reshape(4, 6)[1],
    "module.columns": base.reshape(4, 6)[:, 2:4],
    "module.whole": base,
    "module.repeated": torch.tensor([7.0]).expand(3),
    "module.parameter": torch.nn.Parameter(torch.tensor([1.5, 2.5])),
    "module.scalar": torch.tensor(3.0),
    "module.empty": torch.zeros(0, 4),
    "module.one": torch.arange(3.0).reshape(1, 3, 1),
    "module.not_a_tensor": "text",
    "module.object": argparse.Namespace(x=1),
}
for name in ("float64", "float16", "bfloat16", "int8", "uint8", "int16", "int32", "int64", "bool"):
    state["module." + name] = torch.tensor([0, 1, 1], dtype=getattr(torch, name))
for form, protocol in (("zip", 2), ("legacy", 2), ("zip", 3), ("legacy", 4), ("zip", 5)):
    torch.save({"model": state, "note": {1, 2}}, f"{sys.argv[1]}/{form}_{protocol}.pt",
               _use_new_zipfile_serialization=form == "zip", pickle_protocol=protocol)
