#!/bin/sh
# All that wants a GPU: scripts/bench-cuda.sh [BUILD [PART …]], all parts unless some are named:
#   tests     the tests of operations, network, sampling and training on it
#   bench     bench_cuda, and PyTorch beside it; figures land in build/bench-cuda.json. OSU_REFERENCE=DIR in the
#             environment: also osu-diffusion's own training step, from its checkout in DIR
#   variants  the training step with GELU, its gradient, or gradients of biases behind the products instead of in them
#   sanitize  the tests of operations under compute-sanitizer with its four tools: the longest part
# Build first: cmake --preset cuda && cmake --build --preset cuda. Built on another machine: there
# scripts/bundle.sh build/cuda bench_cuda ops_test model_test diffusion_test train_test, and here BUILD is the folder that
# the archive holds.
set -u
cd "$(dirname "$0")/.."
bin=${1:-build/cuda}
[ $# -gt 0 ] && shift
parts=${*:-tests bench variants sanitize}
OSU_SOURCE=$PWD
OSU_TEST_SEED=$(date +%s)
export OSU_SOURCE OSU_TEST_SEED
# cuBLASLt and NCCL may have come with PyTorch alone.
packages=$(python3 -c '
import glob, importlib.util
spec = importlib.util.find_spec("nvidia")
print(":".join(folder for path in (spec.submodule_search_locations if spec else []) for folder in glob.glob(path + "/*/lib")))' 2>/dev/null)
LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$packages
export LD_LIBRARY_PATH
failed=0
only='--gtest_filter=*cuda*:*Cuda*'

tests() {
    echo "== values of the operations' tests drawn with OSU_TEST_SEED=$OSU_TEST_SEED"
    for program in ops_test model_test diffusion_test train_test; do
        echo "== $program on the GPU"
        "$bin/$program" --gtest_brief=1 "$only" || failed=1
    done
    echo "== ops_test on the GPU, with epilogues behind the products"
    OSU_CUDA_UNFUSED=gelu,gelu_gradient,bias_gradient "$bin/ops_test" --gtest_brief=1 "$only" || failed=1
}

bench() {
    mkdir -p build
    rm -f build/bench-cuda.json
    echo "== bench_cuda"
    "$bin/bench_cuda" --json build/bench-cuda.json || failed=1
    echo "== PyTorch"
    python3 bench/pytorch.py --device cuda --size B --json build/bench-cuda.json ${OSU_REFERENCE:+--reference "$OSU_REFERENCE"}
}

variants() {
    for unfused in none gelu gelu_gradient bias_gradient gelu,gelu_gradient,bias_gradient; do
        echo "== behind the products: $unfused"
        OSU_CUDA_UNFUSED=$unfused "$bin/bench_cuda" --batches 256 --step-only || failed=1
    done
}

sanitize() {
    command -v compute-sanitizer >/dev/null || { echo "error: there is no compute-sanitizer in the path" >&2; failed=1; return; }
    for tool in memcheck racecheck initcheck synccheck; do
        echo "== compute-sanitizer, $tool"
        compute-sanitizer --tool "$tool" --error-exitcode 3 "$bin/ops_test" --gtest_brief=1 \
            "$only:-*Memory*:*TooLittle*" || failed=1
    done
}

"$bin/ops_test" --gtest_list_tests | grep -q cuda_f32 || {
    echo "error: $bin/ops_test finds no GPU" >&2
    exit 1
}
for part in $parts; do
    case $part in
        tests | bench | variants | sanitize) "$part" ;;
        *) echo "error: there is no part $part: tests, bench, variants, sanitize" >&2; exit 1 ;;
    esac
done
exit $failed
