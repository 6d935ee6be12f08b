#!/bin/sh
# Runs every benchmark program and prints its tables. Maps are read from ../shared/maps where it is there, else from examples/.
set -eu
cd "$(dirname "$0")/.."
maps=../shared/maps
[ -d "$maps" ] || maps=examples
for program in build/release/bench_*; do
    [ -x "$program" ] && [ -f "$program" ] || continue
    echo "== $(basename "$program")"
    case "$program" in
        *_beatmap | *_data) "$program" "$maps" ;;
        *) "$program" ;;
    esac
done
