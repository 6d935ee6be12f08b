#include "ops/cuda/backend.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "base/error.h"
#include "ops/cuda/gpus.h"
#include "ops/cuda/graph.h"
#include "ops/cuda/nccl.h"

namespace osu::cuda {

namespace {

class DeviceReadback final : public Readback {
  public:
    DeviceReadback(Device& device, size_t bytes)
        : device_(device), copy_(allocate_on_host(bytes)), bytes_(bytes) {}
    ~DeviceReadback() override {
        if (started_) static_cast<void>(cudaStreamSynchronize(device_.stream()));
    }
    void start(const void* from) override {
        started_ = true;
        check(cudaMemcpyAsync(copy_.get(), from, bytes_, cudaMemcpyDeviceToHost, device_.stream()),
              "copying from it");
        done_.record(device_.stream());
    }
    bool ready() override { return done_.passed(); }
    const void* wait() override {
        done_.wait();
        device_.timer().collect();
        return copy_.get();
    }

  private:
    Device& device_;
    const std::shared_ptr<void> copy_;
    const size_t bytes_;
    bool started_ = false;
    Event done_;
};

}  // namespace

int64_t CudaBackend::tokens_at_once(size_t bytes_per_token) const {
    constexpr double share = 0.85;  // of what is free; scratch memory takes some of the rest
    const auto most = static_cast<uint64_t>(share * static_cast<double>(device_.memory().free) /
                                            static_cast<double>(bytes_per_token));
    // Micro-batches set the order of sums: a little more or less free memory must not change a run.
    return static_cast<int64_t>(std::bit_floor(std::max<uint64_t>(1, most)));
}

std::unique_ptr<Recording> CudaBackend::make_recording() {
    return std::make_unique<GraphRecording>(device_);
}

std::unique_ptr<Readback> CudaBackend::make_readback(size_t bytes) {
    return std::make_unique<DeviceReadback>(device_, bytes);
}

bool CudaBackend::has_sums(bool required) const {
    return nccl(required) != nullptr;
}

DeviceSums::Key CudaBackend::make_sums_key() {
    return cuda::make_sums_key();
}

std::unique_ptr<DeviceSums> CudaBackend::make_sums(const DeviceSums::Key& key, int rank, int size) {
    return cuda::make_sums(device_, key, rank, size);
}

void CudaBackend::upload(void* device, const void* host, size_t bytes) {
    device_.upload(device, host, bytes);
}

void CudaBackend::download(void* host, const void* device, size_t bytes) {
    device_.download(host, device, bytes);
}

void CudaBackend::zero(void* device, size_t bytes) {
    const auto scope = device_.begin_operation("zeroing");
    device_.zero(device, bytes);
}

std::unique_ptr<Backend> make_backend(DType compute, int index) {
    assert(compute == DType::f32 || compute == DType::bf16);
    const auto [count, missing] = find_devices();
    if (count == 0)
        fail(Hint{"use --device cpu, or see what nvidia-smi says"},
             "no NVIDIA GPU or no driver for it was found ({})", missing);
    if (index < 0 || index >= count)
        fail(Hint{"the first is cuda:0"}, "there is no GPU {}: this computer has {}", index, count);
    return std::make_unique<CudaBackend>(compute, index);
}

}  // namespace osu::cuda
