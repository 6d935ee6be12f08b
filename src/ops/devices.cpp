#include "ops/devices.h"

#include <charconv>
#include <optional>

#include <hwy/targets.h>

#include "base/error.h"
#ifdef OSU_CUDA
#include "ops/cuda/gpus.h"
#endif

namespace osu {

namespace {

// `usual`: what the device is fastest in.
DType precision(const std::string& name, DType usual) {
    if (name == "auto") return usual;
    if (name == "f32") return DType::f32;
    if (name == "bf16") return DType::bf16;
    fail(Hint{"known are auto, f32, bf16"}, "there is no precision {}", name);
}

// The N of cuda:N; `gpu` for plain cuda.
std::optional<int> cuda_index(const std::string& device, int gpu) {
    if (device == "cuda") return gpu;
    if (!device.starts_with("cuda:")) return std::nullopt;
    int index = 0;
    const char* end = device.data() + device.size();
    const auto [rest, error] = std::from_chars(device.data() + 5, end, index);
    return error == std::errc() && rest == end && index >= 0 ? std::optional(index) : std::nullopt;
}

OpenDevice open_cpu(const std::string& precision_name, std::string notice) {
    const DType usual = cpu_has_bfloat16() ? DType::bf16 : DType::f32;
    return {make_cpu_backend(precision(precision_name, usual)), "CPU", std::move(notice)};
}

#ifdef OSU_CUDA
OpenDevice open_cuda(int index, const std::string& precision_name) {
    auto backend = cuda::make_backend(precision(precision_name, DType::bf16), index);
    return {std::move(backend), cuda::device_name(index), {}};
}

// A launcher may have shown this process one GPU of several, which then is its first.
int nth_gpu(int gpu) {
    const int count = cuda::device_count();
    return count > 0 ? gpu % count : gpu;
}

OpenDevice open_any(const std::string& precision_name, int gpu) {
    precision(precision_name, DType::f32);  // a wrong name is no fault of the GPU's
    try {
        return open_cuda(gpu, precision_name);
    } catch (const Error& error) {
        return open_cpu(precision_name, fmt::format("{}: the CPU does the work", error.what()));
    }
}
#else
OpenDevice open_cuda(int, const std::string&) {
    fail(Hint{"build it with `cmake --preset cuda`, or leave --device out"},
         "this program was built without CUDA");
}

int nth_gpu(int gpu) {
    return gpu;
}

OpenDevice open_any(const std::string& precision_name, int) {
    return open_cpu(precision_name, {});
}
#endif

}  // namespace

OpenDevice open_device(const DeviceChoice& choice) {
    if (choice.device == "cpu") return open_cpu(choice.precision, {});
    const int gpu = nth_gpu(choice.gpu);
    if (choice.device == "auto") return open_any(choice.precision, gpu);
    const std::optional<int> index = cuda_index(choice.device, gpu);
    if (!index) fail(Hint{"known are auto, cpu, cuda, cuda:N"}, "there is no device {}", choice.device);
    return open_cuda(*index, choice.precision);
}

std::string describe_backends() {
    const int64_t targets = hwy::SupportedTargets();
    const char* const best = hwy::TargetName(targets & -targets);  // the lowest bit is the widest
    std::string text = fmt::format("CPU with {}{}", best, cpu_has_bfloat16() ? ", bfloat16" : "");
#ifdef OSU_CUDA
    text += "; CUDA";
#endif
    return text;
}

}  // namespace osu
