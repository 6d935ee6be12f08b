// The threads of one block as fibers on one CPU thread: each runs until it waits at a barrier or ends. A warp
// runs as far as it can before the next begins, in every other block from the last to the first, so that a
// barrier that is missing shows. Blocks run one after the other. A barrier that not all threads reach ends
// the program with a message.
#pragma once

#include <cstdint>
#include <functional>

namespace osu::emulation {

constexpr int warp_size = 32;

// Runs body() once for each of the threads. `on_switch(i)` is told which thread goes on.
void run_threads(int threads, bool backwards, const std::function<void()>& body,
                 const std::function<void(int)>& on_switch);

int current_thread();  // in the block
void block_barrier();
void warp_barrier();

// Every lane of a warp brings 64 bytes at most; returns all of them, lane by lane, `stride` bytes apart,
// until the lane exchanges again. `operation` must be the same in all lanes.
constexpr int exchange_stride = 64;
const std::byte* exchange(const char* operation, const void* mine, size_t bytes);

// The block's dynamic shared memory: of exactly that size, filled with NaN.
void* shared_memory();
void set_shared_memory(size_t bytes);

void check_no_copies();  // of the thread that ends (async_copy.cpp)

[[noreturn]] void broken(const char* rule, const char* what);

}  // namespace osu::emulation
