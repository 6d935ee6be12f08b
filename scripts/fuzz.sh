#!/bin/sh
# Runs every fuzz target for SECONDS (argument 1), each from its seed corpus; findings stay in build/fuzz/findings.
set -eu
seconds=${1:-60}
cd "$(dirname "$0")/.."
mkdir -p build/fuzz/findings
for target in build/fuzz/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    name=$(basename "$target")
    name=${name#fuzz_}
    corpus=build/fuzz/corpus/$name
    mkdir -p "$corpus"
    seeds=fuzz/seeds/$name
    [ -d "$seeds" ] || seeds=""
    echo "fuzzing $name for $seconds s"
    # shellcheck disable=SC2086  # no seeds, no argument
    "$target" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=1024 -timeout=10 -print_final_stats=1 \
        -artifact_prefix=build/fuzz/findings/"$name"- "$corpus" $seeds 2>build/fuzz/"$name".log || {
        tail -n 40 build/fuzz/"$name".log
        echo "error: $name has a finding, see build/fuzz/findings" >&2
        exit 1
    }
    grep -E "stat::number_of_executed_units|stat::average_exec_per_sec" build/fuzz/"$name".log
done
