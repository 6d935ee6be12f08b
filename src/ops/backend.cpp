// What backends have in common: what one in the host's memory, and without other devices beside it, has, and
// the frequencies of the sinusoidal features.
#include "ops/backend.h"

#include <cmath>
#include <cstring>
#include <span>

#include "base/error.h"

namespace osu {

namespace {

// A copy, at once.
class HostReadback final : public Readback {
  public:
    explicit HostReadback(size_t bytes) : copy_(bytes) {}
    void start(const void* device) override { std::memcpy(copy_.data(), device, copy_.size()); }
    bool ready() override { return true; }
    const void* wait() override { return copy_.data(); }

  private:
    std::vector<std::byte> copy_;
};

[[noreturn]] void fail_without_sums() {
    fail(Hint{"--dist mpi sums in the memory of the hosts; --device cuda takes GPUs"},
         "NCCL sums between GPUs, and this run is on the CPU");
}

}  // namespace

std::unique_ptr<Readback> Backend::make_readback(size_t bytes) {
    return std::make_unique<HostReadback>(bytes);
}

bool Backend::has_sums(bool required) const {
    if (required) fail_without_sums();
    return false;
}

DeviceSums::Key Backend::make_sums_key() {
    fail_without_sums();
}

std::unique_ptr<DeviceSums> Backend::make_sums(const DeviceSums::Key&, int, int) {
    fail_without_sums();
}

// PyTorch's exponential of many numbers at once is off by a unit in the last place here and there. Networks
// were trained with its values: these are the k of 128 where it lies above and below what is exact (PyTorch
// 1.13 on AVX-512). Other counts than 64 and 128 no network has.
constexpr int pytorch_above[] = {13, 26, 33, 44, 53, 56, 70, 84, 101, 108, 119},
              pytorch_below[] = {14, 89, 91, 112};

std::vector<float> sinusoid_frequencies(int64_t count) {
    std::vector<float> frequencies(static_cast<size_t>(count));
    const float log_period = static_cast<float>(-std::log(10000.0));
    for (int64_t k = 0; k < count; ++k) {
        const float exponent = log_period * static_cast<float>(k) / static_cast<float>(count);
        frequencies[static_cast<size_t>(k)] = static_cast<float>(std::exp(double{exponent}));
    }
    if (count != 64 && count != 128) return frequencies;
    const int every = static_cast<int>(128 / count);
    const auto correct = [&](std::span<const int> places, float towards) {
        for (const int k : places) {
            if (k % every != 0) continue;
            float& value = frequencies[static_cast<size_t>(k / every)];
            value = std::nextafter(value, towards);
        }
    };
    correct(pytorch_above, 2);
    correct(pytorch_below, 0);
    return frequencies;
}

}  // namespace osu
