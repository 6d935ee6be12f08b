#!/usr/bin/env python3
"""The same network and steps in PyTorch, beside the figures of bench_network and bench_sample, or of bench_cuda.

    bench/pytorch.py [--size B,S,XS] [--threads N] [--json build/bench.json]
    bench/pytorch.py --device cuda --size B        the training step on 256 windows: eager, with a fused optimizer, and
                                                   that compiled; the figures are added to the JSON file
    bench/pytorch.py --device cuda --reference DIR the same, and osu-diffusion's own step, from its checkout in DIR
    bench/pytorch.py --step --windows 4 --size XS  the same on a CPU, to see that it runs

Built from torch.nn as one would write it there: float32, and bfloat16 by autocast. Forward of one row of 1024
datapoints with the band as a mask; a training step on 16 windows of 128 (forward, L1 loss, backward, AdamW, EMA);
a sample of 25 ancestral steps at the number of datapoints that bench_sample has. Medians.
"""
import argparse
import json
import math
import os
import statistics
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    print("skipped: PyTorch is not installed (Debian: python3-torch, for /usr/bin/python3)")
    sys.exit(0)

SIZES = {"XS": (6, 256, 4), "S": (12, 384, 6), "B": (12, 768, 12), "L": (24, 1024, 16), "XL": (28, 1152, 16)}
BAND = 128
SLOW_BLAS = 20  # GFLOP/s that any tuned one exceeds on one core
SAMPLE_POINTS, SAMPLE_STEPS, SAMPLE_LIMIT = 1900, 25, 90  # the last in seconds
REFERENCE_CLASSES = 52670  # its default, with which bench_cuda trains
DEVICE = "cpu"


def sinusoids(values, count):
    rates = torch.exp(-math.log(10000) * torch.arange(count // 2, device=values.device) / (count // 2))
    angles = values[..., None] * rates
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


class Attention(nn.MultiheadAttention):
    """On a GPU as one writes it there today, without the module's copies on the way; its own way elsewhere."""

    def forward(self, x, mask):
        if DEVICE == "cpu":
            return super().forward(x, x, x, attn_mask=mask, need_weights=False)[0]
        qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias).unflatten(-1, (3, self.num_heads, self.head_dim))
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind()
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=None if mask is None else ~mask)
        return self.out_proj(y.transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(hidden, eps=1e-6, elementwise_affine=False) for _ in range(2))
        self.attention = Attention(hidden, heads, batch_first=True)
        self.mlp = nn.ModuleList([nn.Linear(hidden, 4 * hidden), nn.Linear(4 * hidden, hidden)])
        self.modulation = nn.Linear(hidden, 6 * hidden)

    def forward(self, x, condition, mask):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(F.silu(condition))[:, None].chunk(6, dim=-1)
        y = self.norms[0](x) * (1 + scale1) + shift1
        x = x + gate1 * self.attention(y, mask)
        y = self.norms[1](x) * (1 + scale2) + shift2
        y = F.gelu(self.mlp[0](y).float()).to(y.dtype) if GELU_NEEDS_FLOAT else F.gelu(self.mlp[0](y), **TANH)
        return x + gate2 * self.mlp[1](y)


# GELU by tanh came with PyTorch 1.12, in bfloat16 on a CPU too; before, the exact one stands in.
TANH = {"approximate": "tanh"} if "approximate" in (F.gelu.__doc__ or "") else {}
GELU_NEEDS_FLOAT = not TANH


class Network(nn.Module):
    def __init__(self, size, classes=1000):
        super().__init__()
        depth, hidden, heads = SIZES[size]
        self.first = nn.Linear(528, hidden)
        self.time = nn.Sequential(nn.Linear(256, hidden), nn.SiLU(), nn.Linear(hidden, hidden))
        self.labels = nn.Embedding(classes + 1, hidden)
        self.blocks = nn.ModuleList(Block(hidden, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(hidden, eps=1e-6, elementwise_affine=False)
        self.modulation = nn.Linear(hidden, 2 * hidden)
        self.last = nn.Linear(hidden, 4)

    def forward(self, x, times, distances, types, steps, labels, mask=None):
        """x (B, T, 2) in [0, 1]; times, distances (B, T); types (B, T); steps, labels (B) → (B, T, 4)."""
        features = [sinusoids(x[..., 0] * 512, 128), sinusoids(x[..., 1] * 384, 128), sinusoids(times / 10, 128)]
        y = self.first(torch.cat(features + [sinusoids(distances, 128), F.one_hot(types, 16)], dim=-1))
        condition = self.time(sinusoids(steps, 256)) + self.labels(labels)
        for block in self.blocks:
            y = block(y, condition, mask)
        shift, scale = self.modulation(F.silu(condition))[:, None].chunk(2, dim=-1)
        return self.last(self.norm(y) * (1 + scale) + shift)


def invented(batch, points):
    t = torch.arange(points).expand(batch, points)
    values = {"x": torch.rand(batch, points, 2), "times": 150.0 * t, "distances": (t * 37 % 200).float(),
              "types": t % 3, "steps": torch.full((batch,), 500.0), "labels": torch.zeros(batch, dtype=torch.long)}
    return {name: value.to(DEVICE) for name, value in values.items()}


def band_mask(points):
    """True where attention may not look."""
    at = torch.arange(points, device=DEVICE)
    distance = at[None] - at[:, None]  # key − query
    return (distance <= -BAND) | (distance > BAND)


def wait():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def milliseconds(work, limit=10.0, most=11):
    for _ in range(5 if DEVICE == "cuda" else 1):
        work()
    times = []
    while not times or (sum(times) < limit and len(times) < most):
        wait()
        start = time.perf_counter()
        work()
        wait()
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def autocast(kind):
    return torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=kind == "bf16")


def measure_forward(network, kind):
    inputs, mask = invented(1, 1024), band_mask(1024)
    with torch.no_grad(), autocast(kind):
        return milliseconds(lambda: network(**inputs, mask=mask))


def measure_training(network, kind, windows=16, fused=False):
    """`fused`: optimizer and average in as few kernels as PyTorch has for them."""
    inputs, target = invented(windows, 128), torch.randn(windows, 128, 2).to(DEVICE)
    parameters = list(network.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=0, **({"fused": True} if fused else {}))
    average = [p.detach().clone() for p in parameters]

    def step():
        optimizer.zero_grad()
        with autocast(kind):
            out = network(**inputs)
        out = out.float()
        ((out[..., :2] - target).abs().mean() + out[..., 2:].square().mean()).backward()
        optimizer.step()
        with torch.no_grad():
            if fused:
                torch._foreach_lerp_(average, parameters, 1e-4)
            else:
                for mean, p in zip(average, parameters):
                    mean.lerp_(p, 1e-4)

    return milliseconds(step)


def reference_step(folder, size, windows):
    """osu-diffusion's network, loss, float16 autocast with its scaler, AdamW and EMA, as its train.py goes through them."""
    sys.path.insert(0, folder)
    from diffusion import create_diffusion
    from models import DiT_models
    network = DiT_models["DiT-" + size](num_classes=REFERENCE_CLASSES, context_size=144, class_dropout_prob=0.2).to(DEVICE)
    average = {name: p.detach().clone() for name, p in network.named_parameters()}
    diffusion = create_diffusion(timestep_respacing="", noise_schedule="squaredcos_cap_v2", use_l1=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=0)
    half = DEVICE == "cuda"
    scaler = torch.amp.GradScaler(DEVICE, enabled=half) if hasattr(torch.amp, "GradScaler") else torch.cuda.amp.GradScaler(enabled=half)
    x, c = torch.rand(windows, 2, 128, device=DEVICE), torch.rand(windows, 144, 128, device=DEVICE)
    o, y = torch.arange(128, device=DEVICE).expand(windows, 128) * 150.0, torch.arange(windows, device=DEVICE)

    def step():
        t = torch.randint(0, diffusion.num_timesteps, (windows,), device=DEVICE)
        with torch.autocast(DEVICE, dtype=torch.float16 if half else torch.bfloat16, enabled=half):
            loss = diffusion.training_losses(network, x, t, {"o": o, "c": c, "y": y})["loss"].mean()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            for name, p in network.named_parameters():
                average[name].mul_(0.9999).add_(p, alpha=1e-4)
        return loss.item()

    return step


def measure_sample(network, kind):
    """None where it would take longer than SAMPLE_LIMIT."""
    inputs, mask = invented(1, SAMPLE_POINTS), band_mask(SAMPLE_POINTS)
    u = torch.linspace(1, 0, SAMPLE_STEPS + 1, dtype=torch.float64)[:-1] * 0.98
    alpha = torch.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2
    with torch.no_grad(), autocast(kind):
        start = time.perf_counter()
        network(**inputs, mask=mask)
        if (time.perf_counter() - start) * SAMPLE_STEPS > SAMPLE_LIMIT:
            return None
        start = time.perf_counter()
        x = torch.randn(1, SAMPLE_POINTS, 2)
        for i in range(SAMPLE_STEPS):
            out = network(**{**inputs, "x": x}, mask=mask).float()
            a, before = alpha[i], alpha[i + 1] if i + 1 < SAMPLE_STEPS else torch.ones_like(alpha[i])
            guess = ((x - (1 - a).sqrt() * out[..., :2]) / a.sqrt()).clamp(-1, 2)
            beta = 1 - a / before
            mean = before.sqrt() * beta / (1 - a) * guess + (1 - beta).sqrt() * (1 - before) / (1 - a) * x
            x = (mean + ((1 - before) / (1 - a) * beta).sqrt() * torch.randn_like(mean)).float()
        return 1e3 * (time.perf_counter() - start)


def product_rate():
    """GFLOP/s of large float32 products: PyTorch takes whichever BLAS the system has."""
    size, times = 1024, []
    a = torch.randn(size, size)
    for _ in range(4):
        start = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - start)
    return 2e-9 * size ** 3 / min(times)


def add_figure(file, name, value):
    """Beside those that are there; a run that is cut short leaves what it learned."""
    try:
        with open(file) as before:
            figures = json.load(before)
    except OSError:
        figures = {}
    figures[name] = value
    with open(file + ".part", "w") as after:
        json.dump(figures, after, indent=1)
        after.write("\n")
    os.replace(file + ".part", file)


def compare_steps(flags, ours):
    """The training step on windows of 128; TF32 for what stays float32, as the reference has it."""
    torch.set_float32_matmul_precision("high")
    card = torch.cuda.get_device_name() if DEVICE == "cuda" else "CPU"
    print(f"PyTorch {torch.__version__}, {card}; training step on {flags.windows} x 128, ms")
    print(f"{'':<30}{'PyTorch':>12}{'ours':>12}{'times':>8}{'peak GiB':>10}")

    def plain(size, fused=False, compiled=False):
        network = Network(size, REFERENCE_CLASSES).to(DEVICE)
        return measure_training(torch.compile(network) if compiled else network, "bf16", flags.windows, fused)

    ways = {"eager": plain, "fused": lambda size: plain(size, True), "compiled": lambda size: plain(size, True, True)}
    if flags.reference:
        ways["reference"] = lambda size: milliseconds(reference_step(flags.reference, size, flags.windows))
    for size in flags.size.split(","):
        for how, measure in ways.items():
            torch.manual_seed(0)
            if DEVICE == "cuda":
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
            try:
                theirs = measure(size)
            except Exception as error:  # without a compiler, or on an old PyTorch, there are still the other figures
                print(f"{size} {how}: {type(error).__name__}: {str(error)[:500]}", flush=True)
                continue
            mine = ours.get(f"cuda_train_step_ms.{size}.batch{flags.windows}")
            line = f"{size + ' ' + how:<30}{theirs:>12.1f}"
            line += f"{mine:>12.1f}{theirs / mine:>8.2f}" if mine else " " * 20
            add_figure(flags.json, f"pytorch_train_step_ms.{size}.{how}", theirs)
            if DEVICE == "cuda":
                peak = torch.cuda.max_memory_allocated() / 2 ** 30
                add_figure(flags.json, f"pytorch_train_gib.{size}.{how}", peak)
                line += f"{peak:>10.1f}"
            print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="B,S,XS")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--json", default="build/bench.json", help="where our figures stand")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--reference", help="a checkout of osu-diffusion")
    parser.add_argument("--step", action="store_true", help="the training step alone, in all its ways; always so on a GPU")
    parser.add_argument("--windows", type=int, default=256, help="of that step")
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads or len(os.sched_getaffinity(0)))
    try:
        with open(flags.json) as file:
            ours = json.load(file)
    except OSError:
        ours = {}
    if flags.device == "cuda":
        if not torch.cuda.is_available():
            return print("skipped: PyTorch sees no GPU")
        global DEVICE
        DEVICE = "cuda"
    if flags.step or DEVICE == "cuda":
        return compare_steps(flags, ours)
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads; ms, ours from {flags.json}")
    rate = product_rate()
    print(f"its float32 products run at {rate:.0f} GFLOP/s"
          + (": Debian's plain BLAS, try again with libopenblas0-pthread" if rate < SLOW_BLAS else ""))
    print(f"{'':<30}{'PyTorch':>12}{'ours':>12}{'times':>8}")
    for size in flags.size.split(","):
        for kind in ("bf16", "f32"):
            torch.manual_seed(0)
            network = Network(size)
            rows = [("forward, T = 1024", measure_forward, f"forward_ms.{size}.{kind}.T1024"),
                    ("training step, 16 x 128", measure_training, f"train_step_ms.{size}.{kind}"),
                    (f"sample, {SAMPLE_STEPS} steps", measure_sample, f"sample_ms.{size}.{kind}.steps25")]
            for name, work, key in rows:
                theirs, mine = work(network, kind), ours.get(key)
                line = f"{size + ' ' + kind + ' ' + name:<34}"
                line += f"{theirs:>8.0f}" if theirs else f"> {SAMPLE_LIMIT} s".rjust(8)
                if mine:
                    line += f"{mine:>12.0f}" + (f"{theirs / mine:>8.1f}" if theirs else "")
                print(line, flush=True)


if __name__ == "__main__":
    main()
