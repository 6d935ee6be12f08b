// Streams of the emulated CUDA, as late as they may be: what a stream is given waits until the host, or
// another stream that is run, asks for it. So work that nobody ordered before its use has not happened, and
// memory that is used again too early has changed. Streams that were made with a priority can be hasty
// instead: they run at once, in front of everything that they were not told to wait for. (OSU_CUDA_AT_ONCE=1
// in the environment makes all of them so, to look for the cause of something with a debugger.)
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "support/cuda/cuda_runtime.h"

namespace osu::emulation {

// The emulation is one machine: every call, and every piece of work, holds it. Threads share it.
using Hold = std::unique_lock<std::mutex>;
Hold hold();

struct Work {
    std::function<void()> run;
    std::function<void(Hold&)> meet;  // instead: work that waits for what other threads do
    cudaStream_t after = nullptr;     // instead: what this stream did up to `position` comes first
    uint64_t position = 0;
};

// Device memory can be touched while one of these lives.
struct Access {
    Access();
    ~Access();
};

void push(cudaStream_t stream, Work work, Hold& lock);
void finish_own_streams(Hold& lock);      // those that this thread made
bool capturing();                         // this thread captures
cudaError_t remember(cudaError_t error);  // for cudaGetLastError() on this thread
bool has_error();                         // that nobody has taken by it

// Streams with a priority that are made from now on.
void make_hasty(bool hasty);

}  // namespace osu::emulation
