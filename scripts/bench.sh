#!/bin/sh
# Runs every benchmark program, prints its tables, and writes the figures to build/bench.json, one flat object. Maps are
# read from ../shared/maps where it is there, else from examples/. `scripts/bench.sh --quick`: a glance, in some minutes.
set -eu
cd "$(dirname "$0")/.."
quick=${1:-}
maps=../shared/maps
[ -d "$maps" ] || maps=examples
json=build/bench.json
rm -f "$json"
bin=build/release
for program in beatmap data dataset ops network sample studio; do
    echo "== bench_$program"
    case $program in
        beatmap) "$bin/bench_beatmap" "$maps" ;;
        data) "$bin/bench_data" "$maps" --json "$json" ;;
        dataset) "$bin/bench_dataset" ${quick:+600} ;;
        ops) "$bin/bench_ops" ${quick:+--pairs 3} ;;
        *) "$bin/bench_$program" $quick --json "$json" ;;
    esac
done
echo "== PyTorch"
if [ -x /usr/bin/python3 ]; then
    /usr/bin/python3 bench/pytorch.py --json "$json" ${quick:+--size XS}
else
    echo "skipped: Python is not installed"
fi
echo "== figures in $json"
