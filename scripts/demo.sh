#!/bin/sh
# Remaps an example map with the bundled model, plain and in the styles of two maps, and draws all beside the source;
# and the chorus that comes again, mirrored, in the source and in what was placed.
set -eu
cd "$(dirname "$0")/.."
program=build/release/osu-diffusion
source=examples/waltz.osu
out=build/demo
rm -rf "$out"
"$program" sample --beatmap "$source" --out "$out/plain"
"$program" sample --beatmap "$source" --out "$out/style-1" --style-id 979231 --cfg-scale 3
"$program" sample --beatmap "$source" --out "$out/style-2" --style-id 351189 --cfg-scale 3
"$program" plot --beatmap "$source" "$out"/plain/*/*.osu "$out"/style-1/*/*.osu "$out"/style-2/*/*.osu \
    --plot-time 24000 --plot-width 5000 --out "$out/waltz.png"
for chorus in 65600 84800; do
    "$program" plot "$source" "$out"/plain/*/*.osu --plot-time $chorus --plot-width 4200 --out "$out/chorus-$chorus.png"
done
