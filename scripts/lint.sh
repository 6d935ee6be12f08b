#!/usr/bin/env bash
# clang-tidy with the checks of .clang-tidy: over the files that are named, else over the sources that differ from
# main, or over all with LINT_ALL=1 (some ten minutes on two cores). Fails on any finding.
set -euo pipefail
cd "$(dirname "$0")/.."
database=build/release/compile_commands.json
[ -f "$database" ] || { echo "no $database: cmake --preset release makes it" >&2; exit 1; }
if [ $# -eq 0 ]; then
    base=$(git merge-base HEAD main 2>/dev/null || true)
    if [ -n "${LINT_ALL:-}" ] || [ -z "$base" ]; then
        mapfile -t files < <(git ls-files 'src/*.cpp')
    else
        mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- 'src/*.cpp')
    fi
    set -- "${files[@]}"
fi
known=()
for file in "$@"; do
    if grep -q "/$file\"" "$database"; then known+=("$file"); fi
done
[ ${#known[@]} -gt 0 ] || { echo "nothing to look at"; exit 0; }
printf '%s\n' "${known[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/release --warnings-as-errors='*'
