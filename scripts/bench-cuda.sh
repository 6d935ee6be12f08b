#!/bin/sh
# All that wants a GPU: scripts/bench-cuda.sh [BUILD [PART[:SECONDS] …]], in this order unless parts are named:
#   tests     ops_test, a process a suite; a suite that fails once more under compute-sanitizer's memcheck; then all of
#             it with epilogues behind the products instead of in them
#   step      the training step; where that fails, without graphs, and then with nothing fused
#   operations  where the time of a step goes, by operation and shape, and a sample
#   variants  the step with GELU, its gradient, gradients of biases fused or not, the fastest of several algorithms, and
#             without graphs. OSU_ALTERNATIVE=DIR in
#             the environment: also the bench_cuda of that folder, which may go without a lib of its own
#   kernels   the names and times of the kernels of a step, by ncu
#   networks  the tests of network, sampling, training and program, and a map remapped on GPU and CPU
#   pytorch   PyTorch's step beside ours. OSU_REFERENCE=DIR: also osu-diffusion's own, from its checkout in DIR
#   sizes     the step of XS, S and B, by batch, with its memory
#   large     the same of L and XL
#   gpus      training by one process a GPU, where there are several (or OSU_GPUS says how many): how fast, and whether
#             to the same loss; wants mpirun
#   sanitize  ops_test under the four tools of compute-sanitizer, slow; OSU_FILTER: a filter of GoogleTest's
# bench stands for step, operations. A part ends after its SECONDS; what it learned until then is kept.
#
# In $OUT (else build/gpu), each written as it comes: summary.txt, figures.json, log.txt (everything), failures.txt,
# kernels.txt, clocks.csv, and of sanitize all that a tool says (memcheck.txt …) and its findings by caller
# (findings.txt).
# Also heeded: OSU_TEST_SEED, OSU_SIZE (B), OSU_BATCH (256), OSU_DEVICE (cuda), OSU_PRODUCT (8192: that of the large
# product), OSU_SHARED (the goldens that are not tracked).
#
# Build first: cmake --preset cuda && cmake --build --preset cuda. For another machine: scripts/bundle.sh packs the
# programs, and there BUILD is the archive or the folder in it:
#   cmake --preset cuda-h100 && cmake --build --preset cuda-h100
#   scripts/bundle.sh build/cuda-h100 osu-diffusion bench_cuda ops_test model_test diffusion_test train_test app_test
#   scripts/bench-cuda.sh build/bundle/osu-diffusion-cuda-h100.tar.gz tests bench
set -u
cd "$(dirname "$0")/.." || exit 1
bin=${1:-build/cuda}
[ $# -gt 0 ] && shift
parts=${*:-tests step operations variants kernels networks pytorch sizes large gpus sanitize}
out=${OUT:-build/gpu}
size=${OSU_SIZE:-B}
batch=${OSU_BATCH:-256}
device=${OSU_DEVICE:-cuda}
product=${OSU_PRODUCT:-8192}
mkdir -p "$out" || exit 1
case $bin in
    *.tar.gz) tar -xzf "$bin" -C "$(dirname "$bin")" || exit 1; bin=${bin%.tar.gz} ;;
esac
log=$out/log.txt figures=$out/figures.json
scratch=$(mktemp -d)
last=$scratch/last
: >"$log"
: >"$out/failures.txt"
OSU_SOURCE=$PWD
OSU_TEST_SEED=${OSU_TEST_SEED:-1}
PYTHONUNBUFFERED=1
PATH=$PATH:/usr/local/cuda/bin
# cuBLASLt and NCCL may have come with PyTorch alone.
packages=$(python3 -c '
import glob, importlib.util
spec = importlib.util.find_spec("nvidia")
print(":".join(folder for path in (spec.submodule_search_locations if spec else []) for folder in glob.glob(path + "/*/lib")))' 2>/dev/null)
LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$packages:/usr/local/nvidia/lib64
export OSU_SOURCE OSU_TEST_SEED PYTHONUNBUFFERED PATH LD_LIBRARY_PATH
all_unfused=gelu,gelu_gradient,bias_gradient
tested='' broken='' notes='' variants='' measured='' status=0 part=environment deadline=0

say() { echo "$*" | tee -a "$log"; }
note() { notes="$notes$*
"; }
left() { echo $((deadline - $(date +%s))); }
least() { if [ "$1" -lt "$2" ]; then echo "$1"; else echo "$2"; fi; }
# The number that figures.json has for a name.
figure() { sed -n "s/^ *\"$1\": \([-0-9.e+]*\),\{0,1\}\$/\1/p" "${2:-$figures}" 2>/dev/null; }
calculate() { awk "BEGIN { printf \"$1\", $2 }"; }

# run SECONDS COMMAND …: its output to the log as it comes, and into $last; fails as the command does. Not longer than
# the part has.
run() {
    limit=$(least "$1" "$(left)")
    shift
    : >"$last"
    if [ "$limit" -le 0 ]; then
        say "-- no time left for: $*"
        note "$part: no time left for $*"
        return 124
    fi
    echo "-- $(date +%T) at most $limit s: $*" >>"$log"
    { timeout -k 5 "$limit" "$@" 2>&1; echo $? >"$scratch/status"; } | tee -a "$log" >"$last"
    status=$(cat "$scratch/status")
    [ "$status" = 124 ] && note "$part: cut short after $limit s: $*"
    [ "$status" = 0 ]
}

# What a part prints on the screen: its tables.
show() { run "$@"; shown=$?; cat "$last"; return $shown; }
fail() { broken="$broken $1;"; say "== FAILED: $1 (status $status)"; }
count() { grep -c "$1" "$last"; }

environment() {
    deadline=$(($(date +%s) + 60))
    say "== $(date), $(uname -sr), $(getconf GNU_LIBC_VERSION), $(nproc) cores, $bin"
    run 30 nvidia-smi
    run 30 nvidia-smi -q -d CLOCK,POWER
    run 10 nvcc --version
    run 10 sh -c "ldconfig -p | grep -E 'libcublasLt|libnccl|libcuda\.'; ls -l /usr/local/cuda*/lib64/libcublasLt.so* $(echo "$packages" | sed 's,:,/*cublasLt* ,g; s,$,/*cublasLt*,')"
    for program in "$bin"/*; do
        [ -f "$program" ] && [ -x "$program" ] && ldd "$program" 2>&1 | grep 'not found' | tee -a "$log"
    done
    run 60 python3 -c 'import torch; print("PyTorch", torch.__version__, "for CUDA", torch.version.cuda, "NCCL", torch.cuda.is_available() and torch.cuda.nccl.version())'
    torch=$(grep '^PyTorch' "$last")
    gpu='no nvidia-smi'
    if command -v nvidia-smi >/dev/null; then
        gpu=$(nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv,noheader 2>&1 | head -1)
        nvidia-smi --query-gpu=timestamp,clocks.sm,power.draw,temperature.gpu,memory.used --format=csv,noheader,nounits \
            -lms 500 >"$out/clocks.csv" 2>&1 &
        clocks=$!
        trap 'kill $clocks' EXIT
    fi
    # Small, and its errors are told in full.
    deadline=$(($(date +%s) + 60))
    if run 60 "$bin/bench_cuda" --device "$device" --size XS --batch 1 --batches 1 --product 512 --step-only; then
        say "$(grep TFLOP "$last" | sed 's/:.*//')"
    else
        cat "$last"
        fail "the first small step"
        note "$(grep -E -A1 '^error|CUDA|libcublas' "$last" | head -3)"
    fi
    "$bin/ops_test" --gtest_list_tests | grep -q cuda_f32 && return
    say "error: $bin/ops_test finds no GPU"
    summary
    exit 1
}

# tests_of PROGRAM: those on the GPU, a process a suite: a fault of the GPU spoils what comes behind it in its process.
tests_of() {
    program=$1 passed=0 failed=0 skipped=0 aborted=0 left_out=0 suspects='' began=$(date +%s)
    [ -x "$bin/$program" ] || { fail "there is no $bin/$program"; return; }
    suites=$("$bin/$program" --gtest_list_tests --gtest_filter='*cuda*:*Cuda*' | sed -n 's/^\([^ ].*\)\.\( .*\)*$/\1/p')
    for suite in $suites; do
        case $suite in
            *Cuda*) filter="$suite.*" ;;
            *) filter="$suite.*cuda*:$suite.*Cuda*" ;;
        esac
        [ "$(left)" -gt 0 ] || { left_out=$((left_out + 1)); continue; }
        run 120 "$bin/$program" --gtest_filter="$filter"
        good=$?
        p=$(count '^\[       OK \]') f=$(count '^\[  FAILED  \] .* ms)$') s=$(count '^\[  SKIPPED \] .* ms)$')
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
        aborted=$((aborted + $(count '^\[ RUN ') - p - f - s))
        grep -A1 ': Skipped$' "$last" | grep -v -e ': Skipped$' -e '^--$' >>"$scratch/skips"
        [ "$good" = 0 ] || suite_failed
    done
    line="$program${OSU_CUDA_UNFUSED:+ (unfused)}: $passed passed, $failed failed, $skipped skipped, $aborted broken off, $left_out suites left out; $(($(date +%s) - began)) s"
    say "$line"
    tested="$tested$line
"
    [ "$left_out" = 0 ] || fail "$program: $left_out suites left out"
    for filter in $suspects; do memcheck "$filter"; done
}

suite_failed() {
    fail "$program $suite"
    suspects="$suspects $filter"
    { echo "== $program $suite, status $status"; cat "$last"; } >>"$out/failures.txt"
    grep -E '^\[ (RUN|      OK)|^\[  (FAILED|SKIPPED)' "$last" | tail -1 | sed -n 's/^\[ RUN *\] /broken off in /p'
    grep -v -E '^\[ (RUN|      OK)|^\[(=|-)|^Running|^Note' "$last" | head -20
}

memcheck() {
    [ "$program" = ops_test ] && [ "$(left)" -gt 0 ] && command -v compute-sanitizer >/dev/null || return
    run 60 compute-sanitizer --tool memcheck "$bin/$program" --gtest_filter="$1"
    { echo "== memcheck of $1"; grep '=====' "$last" | head -60; } >>"$out/failures.txt"
    say "== memcheck of $1"
    grep '=====' "$last" | head -12
}

tests() {
    say "== tests of the operations on the GPU, OSU_TEST_SEED=$OSU_TEST_SEED"
    tests_of ops_test
    say "== the same with epilogues behind the products"
    export OSU_CUDA_UNFUSED=$all_unfused
    tests_of ops_test
    unset OSU_CUDA_UNFUSED
}

bench_cuda() {
    seconds=$1
    shift
    show "$seconds" "$bin/bench_cuda" --device "$device" --batch "$batch" --product "$product" --json "$figures" "$@"
}

step() {
    say "== the training step"
    rm -f "$figures"
    bench_cuda 120 --size "$size" --batches "$batch" --step-only && return
    fail "the training step"
    [ "$status" = 124 ] && return  # too slow is no reason to go on without
    note "$(grep -A1 '^error' "$last")"
    say "== the same without graphs"
    export OSU_CUDA_GRAPHS=0
    bench_cuda 120 --size "$size" --batches "$batch" --step-only && { note "steps run with OSU_CUDA_GRAPHS=0 alone, here from now on"; return; }
    say "== the same unfused"
    export OSU_CUDA_UNFUSED=$all_unfused
    bench_cuda 120 --size "$size" --batches "$batch" --step-only && { note "steps run with OSU_CUDA_GRAPHS=0 OSU_CUDA_UNFUSED=$all_unfused alone, here from now on"; return; }
    note "no step runs: $(grep -A1 '^error' "$last")"
}

operations() {
    say "== where the time of a step goes"
    bench_cuda 150 --size "$size" --batches "$batch" || fail operations
}

# variant NAME FOLDER VARIABLE=VALUE …
variant() {
    name=$1 folder=$2
    shift 2
    [ "$(left)" -gt 0 ] || { note "no time left for the variant $name"; return; }
    rm -f "$scratch/variant.json"
    run 60 env "$@" "$folder/bench_cuda" --device "$device" --size "$size" --batch "$batch" --batches "$batch" --product "$product" --step-only --json "$scratch/variant.json" || fail "variant $name"
    ms=$(figure "cuda_train_step_ms.$size.batch$batch" "$scratch/variant.json")
    say "$(printf '%-32s%10.2f ms' "$name" "${ms:-0}")"
    variants="$variants$name $(calculate %.2f "${ms:-0}"); "
}

variants() {
    say "== the step in variants"
    variant "as it is" "$bin" OSU_CUDA_GRAPHS=1
    variant "without graphs" "$bin" OSU_CUDA_GRAPHS=0
    for unfused in none gelu,bias_gradient gelu_gradient,bias_gradient $all_unfused; do
        variant "unfused $unfused" "$bin" OSU_CUDA_UNFUSED=$unfused
    done
    variant "the fastest of 16 algorithms" "$bin" OSU_CUDA_CANDIDATES=16
    [ -z "${OSU_ALTERNATIVE:-}" ] || variant "$OSU_ALTERNATIVE" "$OSU_ALTERNATIVE" LD_LIBRARY_PATH="$LD_LIBRARY_PATH:$PWD/$bin/lib"
    variant "as it is, again" "$bin" OSU_CUDA_GRAPHS=1
}

# Some 2,500 launches pass by before: the large product, what is tried out, and whole steps.
kernels() {
    say "== kernels of an eager step"
    command -v ncu >/dev/null || { say "error: there is no ncu in the path"; fail "kernels: no ncu"; return; }
    for skipped_launches in 2500 0; do
        run 150 env OSU_CUDA_GRAPHS=0 ncu --target-processes all --metrics gpu__time_duration.sum --clock-control none --print-units base --csv --page raw \
            --launch-skip $skipped_launches --launch-count 1000 --kill yes \
            "$bin/bench_cuda" --device "$device" --size "$size" --batch "$batch" --batches "$batch" --step-only
        cp "$last" "$out/kernels.txt"
        grep -q '^"[0-9]' "$last" && break
    done
    # By name: how many, and the microseconds of all.
    awk -F '","' '
        /^"ID"/ { for (i = 1; i <= NF; i++) { if ($i ~ /^Kernel Name/) who = i; if ($i ~ /^gpu__time/) what = i } }
        /^"[0-9]/ && what { time = $what; gsub(/[^0-9.]/, "", time); calls[$who]++; total[$who] += time }
        END { for (name in calls) printf "%10.1f us %5d  %.150s\n", total[name] / 1000, calls[name], name }' "$out/kernels.txt" |
        sort -rn >"$scratch/kernels"
    [ -s "$scratch/kernels" ] || { fail kernels; tail -5 "$last"; return; }
    head -40 "$scratch/kernels" | tee -a "$log"
}

networks() {
    say "== tests of network, sampling, training and program on the GPU"
    for program in model_test diffusion_test train_test app_test; do tests_of $program; done
    for where in "$device" cpu; do
        mkdir -p "$scratch/maps/$where"
        run 60 "$bin/osu-diffusion" sample --beatmap examples/waltz.osu --ckpt models/dit-xs.safetensors --device "$where" \
            --precision f32 --overwrite --out "$scratch/maps/$where" || { fail "sample on $where"; cat "$last"; }
        find "$scratch/maps/$where" -name '*.osu' -exec cat {} + >"$scratch/maps/$where.osu"
    done
    [ "$(left)" -gt 0 ] || return
    [ -s "$scratch/maps/cpu.osu" ] && [ -s "$scratch/maps/$device.osu" ] || { fail "sample wrote no map"; return; }
    say "waltz.osu remapped on $device and CPU: $(diff "$scratch/maps/cpu.osu" "$scratch/maps/$device.osu" | grep -c '^<') of $(wc -l <"$scratch/maps/cpu.osu") lines differ"
}

pytorch() {
    say "== PyTorch"
    show 300 python3 bench/pytorch.py --device "$device" --step --windows "$batch" --size "$size" --json "$figures" \
        ${OSU_REFERENCE:+--reference "$OSU_REFERENCE"} || fail pytorch
}

# sizes_by_batch SIZE …: each has its share of the time that is left.
sizes_by_batch() {
    while [ $# -gt 0 ]; do
        bench_cuda $(($(left) / $#)) --size "$1" --batches 64,"$batch",1024 --step-only || fail "size $1"
        for windows in 64 "$batch" 1024; do
            ms=$(figure "cuda_train_step_ms.$1.batch$windows")
            [ -n "$ms" ] && measured="$measured$1 x $windows $(calculate %.1f "$ms") ms $(calculate %.1f "$(figure "cuda_train_gib_in_use.$1.batch$windows")") GiB; "
        done
        shift
    done
}

sizes() {
    say "== sizes by batch"
    sizes_by_batch XS S B
}

large() {
    say "== large sizes by batch"
    sizes_by_batch L XL
}

# The same windows whoever trains on them, so losses that are the same but for the order of sums.
gpus() {
    count=${OSU_GPUS:-$(nvidia-smi -L 2>/dev/null | grep -c '^GPU')}
    say "== $count GPUs"
    [ "$count" -gt 1 ] || return
    command -v mpirun >/dev/null || { say "error: there is no mpirun in the path"; fail "gpus: no mpirun"; return; }
    run 30 "$bin/osu-diffusion" dataset --from examples --out "$scratch/dataset" || { fail "gpus: no dataset"; cat "$last"; return; }
    two="2 nccl"
    [ "$count" -gt 2 ] || two=
    for how in "1 none" ${two:+"$two"} "$count nccl" "$count mpi"; do
        processes=${how% *} by=${how#* } results=$scratch/by-${how% *}-${how#* }
        set -- train --data-path "$scratch/dataset" --validation-split 0 --model "DiT-$size" --precision bf16 --device "$device" \
            --dist "$by" --global-batch-size $((batch * count)) --epochs 1000000 --max-steps 30 --log-every 10 --ckpt-every 1000000 --results-dir "$results"
        if [ "$processes" -gt 1 ]; then
            run 120 env OMPI_MCA_plm_rsh_agent=sh mpirun --allow-run-as-root -n "$processes" "$bin/osu-diffusion" "$@"
        else
            run 120 "$bin/osu-diffusion" "$@"
        fi || { fail "gpus: $processes, $by"; tail -5 "$last"; continue; }
        line="$processes by $by: $(tail -1 "$results"/*/log.csv | awk -F , '{ printf "%.0f windows/s, loss %.6f", $NF, $2 }')"
        say "$line"
        note "GPUs: $line"
    done
}

# by_caller FILE: what a tool found, counted; each with the kernel that did it, or the first function that called CUDA,
# and its library.
by_caller() {
    awk '
        function tell() { if (what != "") print what (who != "" ? " | " who : ""); what = who = "" }
        !/^=========/ { next }
        { sub(/^=========/, ""); gsub(/\+?0x[0-9a-f]+/, ""); gsub(/ *\[[0-9]* hazards?\]| *\[\]/, "") }
        /^ [^ ]/ { tell(); if (!/SUMMARY|COMPUTE-SANITIZER|Target application|process did/) what = substr($0, 2); next }
        what == "" || who != "" { next }
        /^ +at / { sub(/^ +/, ""); who = $0 }
        /Host Frame:/ {
            sub(/^.*Host Frame: */, "")
            library = $NF; sub(/^.*\//, "", library)
            if (library ~ /^libcuda|^libsanitizer/ || /^(cuda|cu[A-Z]|__cuda)/) next
            sub(/ in [^ ]*$/, ""); sub(/\(.*/, "")
            who = "called by " (index($0, library) ? "" : $0 " of ") library
        }
        END { tell() }' "$1" | cut -c 1-400 | sort | uniq -c | sort -rn
}

sanitize() {
    command -v compute-sanitizer >/dev/null || { say "error: there is no compute-sanitizer in the path"; fail "sanitize: no compute-sanitizer"; return; }
    more=4
    : >"$out/findings.txt"
    for tool in memcheck racecheck initcheck synccheck; do
        last=$out/$tool.txt
        run $(($(left) / more)) compute-sanitizer --tool $tool --print-limit 10000 --error-exitcode 3 "$bin/ops_test" \
            --gtest_filter="${OSU_FILTER:-*cuda*:*Cuda*-*Memory*:*TooLittle*}"
        good=$?
        more=$((more - 1))
        line="$tool: $(count '^\[       OK \]') tests passed; $(grep 'SUMMARY' "$last" | tail -1)"
        say "$line"
        note "$line"
        by_caller "$last" >"$scratch/findings"
        { echo "== $tool"; cat "$scratch/findings"; } >>"$out/findings.txt"
        head -20 "$scratch/findings" | tee -a "$log"
        note "$(head -2 "$scratch/findings")"
        [ $good = 0 ] || fail "$tool"
    done
    last=$scratch/last
}

# faster NAME KEY: how often ours goes into the step of PyTorch's.
faster() {
    theirs=$(figure "pytorch_train_step_ms.$size.$2")
    if [ -n "$theirs" ] && [ -n "$ms" ]; then calculate ", %.2f x $1" "$theirs / $ms"; fi
}

# Twenty lines at most, the first the most telling.
summary() {
    ms=$(figure "cuda_train_step_ms.$size.batch$batch")
    share=$(figure "cuda_train_share_of_product.$size.batch$batch")
    sample=$(figure "cuda_sample_ms.$size.steps25")
    {
        if [ -n "$broken" ]; then printf 'FAILURES'; else printf 'no failures'; fi
        [ -n "$ms" ] && printf '; DiT-%s at %s x 128: %.1f ms a step, %.0f windows/s, %.1f %% of the product (%.0f TFLOP/s)' "$size" "$batch" \
            "$ms" "$(calculate %f "1000 * $batch / $ms")" "$(calculate %f "100 * $share")" "$(figure cuda_product_tflops)"
        faster PyTorch eager
        faster "its fused" fused
        faster "its compiled" compiled
        faster "the reference" reference
        [ -n "$sample" ] && printf '; 25 steps of 1,000 objects: %.1f ms' "$sample"
        printf '\n%s; %s; parts: %s\n' "$gpu" "$torch" "$parts"
        [ -n "$tested" ] && printf '%s' "$tested" | grep .
        [ -n "$broken" ] && echo "failed:$broken" | cut -c 1-600
        [ -s "$scratch/skips" ] && echo "skipped: $(sort "$scratch/skips" | uniq -c | sort -rn | head -4 | tr -s ' ' | tr '\n' ';')"
        [ -n "$variants" ] && echo "variants, ms: $variants"
        [ -n "$measured" ] && echo "sizes: $measured"
        [ -s "$out/clocks.csv" ] && awk -F ', ' '$3 > 300 { n++; clock += $2; power += $3; if ($4 > hot) hot = $4 }
            END { if (n) printf "busy: %.0f MHz, %.0f W on average, %d C at most\n", clock / n, power / n, hot }' "$out/clocks.csv"
        printf '%s' "$notes" | grep . | cut -c 1-300
    } | head -20 >"$out/summary.txt"
}

environment
for each in $parts; do
    case ${each%%:*} in
        bench) wanted="step operations" ;;
        tests | step | operations | variants | kernels | networks | pytorch | sizes | large | gpus | sanitize) wanted=${each%%:*} ;;
        *) echo "error: there is no part $each; the head of $0 lists them" >&2; exit 1 ;;
    esac
    for part in $wanted; do
        seconds=300
        case $each in *:*) seconds=${each#*:} ;; esac
        deadline=$(($(date +%s) + seconds))
        $part
        summary
    done
done
echo "== summary"
cat "$out/summary.txt"
[ -z "$broken" ]
