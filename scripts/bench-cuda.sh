#!/bin/sh
# All that wants a GPU, in one go: the tests on it, the same under compute-sanitizer, the benchmarks, PyTorch beside them.
# Build first: cmake --preset cuda && cmake --build --preset cuda. Figures land in build/bench-cuda.json.
set -u
cd "$(dirname "$0")/.."
bin=${1:-build/cuda}
json=build/bench-cuda.json
rm -f "$json"
failed=0
OSU_TEST_SEED=$(date +%s)
export OSU_TEST_SEED
echo "== operations on values drawn with OSU_TEST_SEED=$OSU_TEST_SEED"
for program in ops_test model_test diffusion_test train_test; do
    echo "== $program on the GPU"
    "$bin/$program" --gtest_brief=1 '--gtest_filter=*cuda*:*Cuda*' || failed=1
done
if command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck initcheck synccheck; do
        echo "== compute-sanitizer, $tool"
        compute-sanitizer --tool "$tool" --error-exitcode 3 "$bin/ops_test" --gtest_brief=1 \
            '--gtest_filter=*cuda*:-*Memory*:*TooLittle*' || failed=1
    done
fi
echo "== bench_cuda"
"$bin/bench_cuda" --json "$json" || failed=1
echo "== PyTorch"
python3 bench/pytorch.py --device cuda --size B --json "$json"
exit $failed
