// One GPU: its stream, memory, and what goes wrong with them. All work goes to one stream, in the order of
// the calls; what is uploaded travels beside it, on a stream of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <cuda_runtime.h>

#include "ops/backend.h"
#include "ops/cuda/operation_timer.h"

namespace osu::cuda {

// Error when a call failed; `doing`: what was tried.
void check(cudaError_t status, const char* doing);
// Error when something lies beyond what the kernels were written for: "the CUDA backend cannot do …".
void check_limit(bool holds, const char* what);

// Whether the stream has come to where `event` was recorded. Error when its work failed.
bool has_passed(cudaEvent_t event);

// Marks a place in a stream.
class Event {
  public:
    explicit Event(bool times = false);
    ~Event();
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    void record(cudaStream_t stream);
    void wait();                                 // the host; returns at once when nothing was recorded
    void wait_before_next(cudaStream_t stream);  // what `stream` is given from now on
    bool passed() { return has_passed(event_); }
    float milliseconds_since(const Event& earlier) const;  // of two that were made to time, and have passed

  private:
    cudaEvent_t event_ = nullptr;
};

// A stream whose work goes first where it competes with that of the others.
cudaStream_t make_urgent_stream();

// Page-locked host memory, which copies pass by while everything goes on.
std::shared_ptr<void> allocate_on_host(size_t bytes);

class Device {
  public:
    explicit Device(int index);
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    cudaStream_t stream() const { return stream_; }
    OperationTimer& timer() { return *timer_; }
    std::shared_ptr<void> allocate(size_t bytes);  // zeroed
    std::shared_ptr<void> allocate_raw(size_t bytes);
    void upload(void* device, const void* host, size_t bytes);
    void download(void* host, const void* device, size_t bytes);
    void zero(void* device, size_t bytes);
    void wait();
    // Of the device, for the work that `give` gives it: the least of several times. Waits.
    float milliseconds(const std::function<void()>& give);
    bool is_capturing() const;  // what it is given becomes part of a graph
    struct Memory {
        size_t free, in_use;  // bytes
    };
    Memory memory() const;
    Backend::DeviceId id() const { return id_; }
    // Whether recordings become graphs: unless OSU_CUDA_GRAPHS is 0, or one could not be made.
    bool makes_graphs() const { return makes_graphs_; }
    void make_no_graphs() { makes_graphs_ = false; }

    // Memory that is free again when the next operation begins. It is never given back, so that captured
    // graphs may go on using it.
    void begin_operation() { scratch_used_ = 0; }
    // The same for an operation that is timed while the scope lives; `flops` of a matrix product.
    OperationTimer::Scope begin_operation(const char* name, double flops = 0) {
        begin_operation();
        return {*timer_, name, flops};
    }
    template <class T>
    T* scratch(int64_t count) {
        return static_cast<T*>(scratch_bytes(static_cast<size_t>(count) * sizeof(T)));
    }
    // The first `count` frequencies of the sinusoidal features.
    const float* frequencies(int64_t count);

  private:
    Backend::DeviceId id_;
    bool makes_graphs_;
    cudaStream_t stream_ = nullptr;
    std::optional<OperationTimer> timer_;
    std::vector<std::shared_ptr<void>> scratch_blocks_;
    size_t scratch_size_ = 0, scratch_used_ = 0;  // of the last block
    std::map<int64_t, std::shared_ptr<void>> frequencies_;

    // What an upload goes through: from page-locked memory to the device beside the work, and there to its
    // place in the order of the work. Enough of them that the uploads of a step need not wait for the one
    // before.
    struct UploadSlot {
        std::shared_ptr<void> on_host, on_device;
        size_t bytes = 0;
        Event arrived, taken;
    };
    cudaStream_t uploads_ = nullptr;
    std::array<UploadSlot, 8> upload_slots_;
    size_t next_slot_ = 0;

    void* scratch_bytes(size_t bytes);
};

}  // namespace osu::cuda
