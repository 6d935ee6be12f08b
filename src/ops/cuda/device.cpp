#include "ops/cuda/device.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/profile.h"
#include "ops/cuda/gpus.h"

namespace osu::cuda {

namespace {

constexpr size_t scratch_alignment = 256;
constexpr size_t most_staged = size_t{16} << 20;  // larger uploads are rare, and wait
constexpr const char* waiting_scope = "waiting for the GPU";
constexpr size_t least_scratch = size_t{1} << 20;

}  // namespace

void check(cudaError_t status, const char* doing) {
    if (status == cudaSuccess) return;
    static_cast<void>(cudaGetLastError());  // told here, and no error of the calls to come
    if (status == cudaErrorMemoryAllocation)
        fail(Hint{"use a smaller batch, or --device cpu"}, "the GPU has too little memory for {}", doing);
    fail(Hint{"--device cpu does without a GPU"}, "the GPU failed in {}: {}", doing,
         cudaGetErrorString(status));
}

void check_limit(bool holds, const char* what) {
    if (!holds) fail(Hint{"--device cpu can"}, "the CUDA backend cannot do {}", what);
}

Devices find_devices() {
    int count = 0;
    const cudaError_t status = cudaGetDeviceCount(&count);
    static_cast<void>(cudaGetLastError());
    if (status != cudaSuccess) return {0, cudaGetErrorString(status)};
    return {count, count == 0 ? "the driver knows none" : ""};
}

int device_count() {
    return find_devices().count;
}

std::string device_name(int index) {
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, index), "asking for its name");
    return fmt::format("{}, {} GiB", properties.name, properties.totalGlobalMem >> 30);
}

Device::Device(int index) {
    check(cudaSetDevice(index), "opening it");
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, index), "asking what it can");
    if (properties.major < 8)
        fail(Hint{"--device cpu does without a GPU"},
             "{} is too old: compute capability {}.{}, and 8.0 is needed", properties.name, properties.major,
             properties.minor);
    static_assert(sizeof(id_) == sizeof(properties.uuid));
    std::memcpy(&id_, &properties.uuid, sizeof(id_));
    const char* graphs = std::getenv("OSU_CUDA_GRAPHS");
    makes_graphs_ = !graphs || std::string(graphs) != "0";
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "making a stream");
    uploads_ = make_urgent_stream();
    timer_.emplace(stream_);
}

Device::~Device() {
    timer_.reset();
    static_cast<void>(cudaStreamSynchronize(uploads_));
    static_cast<void>(cudaStreamSynchronize(stream_));
    static_cast<void>(cudaStreamDestroy(uploads_));
    static_cast<void>(cudaStreamDestroy(stream_));
}

Event::Event(bool times) {
    check(cudaEventCreateWithFlags(&event_, times ? 0 : cudaEventDisableTiming), "making an event");
}

Event::~Event() {
    static_cast<void>(cudaEventDestroy(event_));
}

void Event::record(cudaStream_t stream) {
    check(cudaEventRecord(event_, stream), "recording an event");
}

void Event::wait() {
    const ProfileScope scope(waiting_scope);
    check(cudaEventSynchronize(event_), "its work");
}

void Event::wait_before_next(cudaStream_t stream) {
    check(cudaStreamWaitEvent(stream, event_, 0), "waiting for another stream");
}

float Event::milliseconds_since(const Event& earlier) const {
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, earlier.event_, event_), "asking for times");
    return milliseconds;
}

bool has_passed(cudaEvent_t event) {
    const cudaError_t status = cudaEventQuery(event);
    if (status == cudaErrorNotReady) {
        static_cast<void>(cudaGetLastError());  // else a library takes it for an error of its own
        return false;
    }
    check(status, "its work");
    return true;
}

cudaStream_t make_urgent_stream() {
    cudaStream_t stream = nullptr;
    int least = 0, greatest = 0;
    check(cudaDeviceGetStreamPriorityRange(&least, &greatest), "asking for priorities");
    check(cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking, greatest), "making a stream");
    return stream;
}

std::shared_ptr<void> allocate_on_host(size_t bytes) {
    void* memory = nullptr;
    check(cudaMallocHost(&memory, std::max<size_t>(bytes, 1)), "page-locked memory");
    return {memory, [](void* p) { static_cast<void>(cudaFreeHost(p)); }};
}

std::shared_ptr<void> Device::allocate_raw(size_t bytes) {
    void* memory = nullptr;
    check(cudaMalloc(&memory, std::max<size_t>(bytes, 1)), "what was asked of it");
    return {memory, [](void* p) { static_cast<void>(cudaFree(p)); }};
}

std::shared_ptr<void> Device::allocate(size_t bytes) {
    std::shared_ptr<void> memory = allocate_raw(bytes);
    zero(memory.get(), bytes);
    return memory;
}

void Device::upload(void* device, const void* host, size_t bytes) {
    if (bytes > most_staged) {
        check(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream_), "copying to it");
        return wait();
    }
    if (bytes == 0) return;
    UploadSlot& slot = upload_slots_[next_slot_++ % upload_slots_.size()];
    slot.arrived.wait();
    if (slot.bytes < bytes) {
        slot.taken.wait();
        slot.on_host = allocate_on_host(bytes);
        slot.on_device = allocate_raw(bytes);
        slot.bytes = bytes;
    }
    std::memcpy(slot.on_host.get(), host, bytes);
    slot.taken.wait_before_next(uploads_);
    check(cudaMemcpyAsync(slot.on_device.get(), slot.on_host.get(), bytes, cudaMemcpyHostToDevice, uploads_),
          "copying to it");
    slot.arrived.record(uploads_);
    slot.arrived.wait_before_next(stream_);
    check(cudaMemcpyAsync(device, slot.on_device.get(), bytes, cudaMemcpyDeviceToDevice, stream_),
          "copying inside it");
    slot.taken.record(stream_);
}

void Device::download(void* host, const void* device, size_t bytes) {
    check(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream_), "copying from it");
    wait();
}

void Device::wait() {
    const ProfileScope scope(waiting_scope);
    check(cudaStreamSynchronize(stream_), "its work");
    timer_->collect();
}

float Device::milliseconds(const std::function<void()>& give) {
    constexpr int times = 5;
    Event begin(true), end(true);
    float least = 0;
    for (int i = 0; i < times; ++i) {
        begin.record(stream_);
        give();
        end.record(stream_);
        wait();
        const float taken = end.milliseconds_since(begin);
        least = i == 0 ? taken : std::min(least, taken);
    }
    return least;
}

bool Device::is_capturing() const {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    check(cudaStreamIsCapturing(stream_, &status), "asking for its state");
    return status != cudaStreamCaptureStatusNone;
}

Device::Memory Device::memory() const {
    size_t free = 0, total = 0;
    check(cudaMemGetInfo(&free, &total), "asking for its free memory");
    return {free, total - free};
}

void Device::zero(void* device, size_t bytes) {
    check(cudaMemsetAsync(device, 0, bytes, stream_), "zeroing memory");
}

void* Device::scratch_bytes(size_t bytes) {
    bytes = (bytes + scratch_alignment - 1) / scratch_alignment * scratch_alignment;
    if (scratch_used_ + bytes > scratch_size_) {
        scratch_size_ = std::max({scratch_used_ + bytes, 2 * scratch_size_, least_scratch});
        scratch_blocks_.push_back(allocate_raw(scratch_size_));  // with room for all of the operation
    }
    void* memory = static_cast<std::byte*>(scratch_blocks_.back().get()) + scratch_used_;
    scratch_used_ += bytes;
    return memory;
}

const float* Device::frequencies(int64_t count) {
    std::shared_ptr<void>& memory = frequencies_[count];
    if (!memory) {
        const std::vector<float> values = sinusoid_frequencies(count);
        memory = allocate(values.size() * sizeof(float));
        upload(memory.get(), values.data(), values.size() * sizeof(float));
    }
    return static_cast<const float*>(memory.get());
}

}  // namespace osu::cuda
