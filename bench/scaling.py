#!/usr/bin/env python3
"""The cost of a training step on many GPUs, as docs/scaling.md explains it: a formula, not a measurement.

Every figure of a machine is a flag. Give the MFU and the bandwidths that were measured to replace what is assumed.
"""
import argparse

SIZES = {"DiT-XS": (256, 6), "DiT-S": (384, 12), "DiT-B": (768, 12), "DiT-L": (1024, 24), "DiT-XL": (1152, 28)}
COUNTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
INPUT_FEATURES, TIMESTEP_FEATURES = 528, 256

flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
flags.add_argument("--model", default="DiT-B", choices=SIZES)
flags.add_argument("--global-batch-size", type=int, default=256, help="0: --batch-per-gpu decides")
flags.add_argument("--batch-per-gpu", type=int, default=64)
flags.add_argument("--tokens", type=int, default=128)
flags.add_argument("--num-classes", type=int, default=52670)
flags.add_argument("--dense-table", action="store_true", help="sum the whole label table, not the rows of the batch")
flags.add_argument("--peak", type=float, default=989, help="TFLOP/s of bfloat16 products (H200, data sheet)")
flags.add_argument("--mfu", type=float, default=0.4, help="share of the peak that a large batch reaches")
flags.add_argument("--memory", type=float, default=4.8, help="TB/s (H200, data sheet)")
flags.add_argument("--launch", type=float, default=5, help="µs that a kernel takes at least")
flags.add_argument("--gpus-per-node", type=int, default=8)
flags.add_argument("--inside", type=float, default=300, help="GB/s at which a node's GPUs send to one another")
flags.add_argument("--between", type=float, default=400, help="GB/s that a node sends to others (eight links of 400 Gbit/s)")
flags.add_argument("--latency", type=float, default=10, help="µs a sum takes for each doubling of the GPUs")
args = flags.parse_args()

hidden, depth = SIZES[args.model]
block = 12 * hidden**2 + 13 * hidden
early = depth * block + (depth - 1) * 6 * hidden**2 + 2 * hidden**2  # blocks, and their adaLN but the first one's
late = 6 * hidden**2 + (6 * depth + 2) * hidden + (INPUT_FEATURES + TIMESTEP_FEATURES + hidden) * hidden  # and the embedders
table = (args.num_classes + 1) * hidden
parameters = early + late + table
launches = 25 * depth + 40


def step(gpus, batch):
    """Seconds of a step: compute, the optimiser, all of the sums, what of them nothing hides."""
    windows = batch / gpus
    forward = windows * args.tokens * (2 * depth * block + 4 * depth * args.tokens * hidden + 2 * INPUT_FEATURES * hidden)
    forward += windows * 2 * depth * 6 * hidden**2
    compute = max(3 * forward / (args.peak * 1e12 * args.mfu), launches * args.launch * 1e-6)
    optimiser = 42 * parameters / (args.memory * 1e12)  # bytes read and written: AdamW, EMA, bfloat16 weights; norm
    rows = table if args.dense_table else min(table, batch * hidden)
    rate = 1e9 * (args.inside if gpus <= args.gpus_per_node else min(args.inside, args.between))
    wait = args.latency * 1e-6 * (gpus - 1).bit_length()

    def seconds(floats):
        return 2 * (gpus - 1) / gpus * 4 * floats / rate + wait if gpus > 1 else 0

    beside = seconds(early)
    hidden_by = 2 / 3 * compute * (depth - 1) / depth  # the backward, once its first block is done
    tail = seconds(late + rows)
    return compute, optimiser, beside + tail, max(0, beside - hidden_by) + tail


print(f"{args.model}: {parameters / 1e6:.0f} M parameters, {4e-6 * (early + late):.0f} MB of gradients to sum, "
      f"{4e-6 * late:.0f} MB of them late, and {4e-6 * table:.0f} MB of label table")
print("| GPUs | batch | compute ms | optimiser ms | sums ms | … not hidden | step ms | efficiency |")
print("|---|---|---|---|---|---|---|---|")
for gpus in COUNTS:
    batch = args.global_batch_size or gpus * args.batch_per_gpu
    if batch < gpus:
        continue
    compute, optimiser, sums, exposed = step(gpus, batch)
    whole = compute + optimiser + exposed
    alone = sum(step(1, batch if args.global_batch_size else args.batch_per_gpu)[:2])
    efficiency = alone / whole / (gpus if args.global_batch_size else 1)
    print(f"| {gpus} | {batch} | {1e3 * compute:.1f} | {1e3 * optimiser:.1f} | {1e3 * sums:.1f} | {1e3 * exposed:.1f} | "
          f"{1e3 * whole:.1f} | {100 * efficiency:.0f} % |")
