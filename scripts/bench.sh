#!/bin/sh
# Runs every benchmark program and prints its tables.
set -eu
cd "$(dirname "$0")/.."
for program in build/release/bench_*; do
    [ -x "$program" ] || continue
    echo "== $(basename "$program")"
    "$program"
done
