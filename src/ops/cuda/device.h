// One GPU: its stream, memory, and what goes wrong with them. All work goes to one stream, in the order of
// the calls.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include <cuda_runtime.h>

namespace osu::cuda {

// Error when a call failed; `doing`: what was tried.
void check(cudaError_t status, const char* doing);
// Error when something lies beyond what the kernels were written for: "the CUDA backend cannot do …".
void check_limit(bool holds, const char* what);

class Device {
  public:
    explicit Device(int index);
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    cudaStream_t stream() const { return stream_; }
    std::shared_ptr<void> allocate(size_t bytes);  // zeroed
    std::shared_ptr<void> allocate_raw(size_t bytes);
    void upload(void* device, const void* host, size_t bytes);
    void download(void* host, const void* device, size_t bytes);
    void zero(void* device, size_t bytes);
    void wait();
    size_t free_bytes() const;

    // Memory that is free again when the next operation begins. It is never given back, so that captured
    // graphs may go on using it.
    void begin_operation() { scratch_used_ = 0; }
    template <class T>
    T* scratch(int64_t count) {
        return static_cast<T*>(scratch_bytes(static_cast<size_t>(count) * sizeof(T)));
    }
    // The first `count` frequencies of the sinusoidal features.
    const float* frequencies(int64_t count);

  private:
    cudaStream_t stream_ = nullptr;
    std::vector<std::shared_ptr<void>> scratch_blocks_;
    size_t scratch_size_ = 0, scratch_used_ = 0;  // of the last block
    std::map<int64_t, std::shared_ptr<void>> frequencies_;

    // Page-locked memory that uploads go through, in turn: so nobody waits for the copy, but who comes round.
    struct UploadSlot {
        void* memory = nullptr;
        size_t bytes = 0;
        cudaEvent_t copied = nullptr;
    };
    std::array<UploadSlot, 4> upload_slots_;
    size_t next_slot_ = 0;

    void* scratch_bytes(size_t bytes);
};

}  // namespace osu::cuda
