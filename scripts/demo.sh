#!/bin/sh
# Remaps an example map with the bundled model and draws both.
set -eu
cd "$(dirname "$0")/.."
out=build/demo
build/release/osu-diffusion sample --beatmap examples/waltz.osu --out "$out" --overwrite --plot "$out/waltz.png"
