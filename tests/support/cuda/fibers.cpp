#include "support/cuda/fibers.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

// Saves the registers that a call keeps on this stack, and goes on where `to` was left.
extern "C" void osu_emulation_switch(void** from, void* to);
asm(R"(
.text
.globl osu_emulation_switch
.type osu_emulation_switch, @function
osu_emulation_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size osu_emulation_switch, .-osu_emulation_switch
)");

namespace osu::emulation {

namespace {

constexpr size_t stack_bytes = size_t{256} << 10;
constexpr int most_threads = 1024;

struct Barrier {
    int arrived = 0;
    uint64_t generation = 0;
};

struct Fiber {
    std::byte* stack = nullptr;
    void* pointer = nullptr;  // of its stack, while it waits
    void* shadow = nullptr;   // AddressSanitizer's own
    const Barrier* waits = nullptr;
    uint64_t generation = 0;  // of `waits` when it came
    uint64_t exchanges = 0;
    bool done = false;
};

struct Warp {
    Barrier barrier;
    const char* operation[2] = {};
    alignas(16) std::byte slots[2][warp_size][exchange_stride];
};

// Of the block that runs.
std::vector<Fiber> fibers(most_threads);
std::vector<Warp> warps(most_threads / warp_size);
Barrier block;
int thread_count = 0, current = 0;
const std::function<void()>* block_body = nullptr;
void* scheduler = nullptr;
#if defined(__SANITIZE_ADDRESS__)
void* scheduler_shadow = nullptr;
const void* scheduler_stack = nullptr;
size_t scheduler_stack_bytes = 0;
#endif
std::unique_ptr<void, void (*)(void*)> shared{nullptr, std::free};

void leave([[maybe_unused]] bool for_good) {
    Fiber& fiber = fibers[static_cast<size_t>(current)];
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(for_good ? nullptr : &fiber.shadow, scheduler_stack,
                                   scheduler_stack_bytes);
#endif
    osu_emulation_switch(&fiber.pointer, scheduler);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fiber.shadow, &scheduler_stack, &scheduler_stack_bytes);
#endif
}

void fiber_main() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, &scheduler_stack, &scheduler_stack_bytes);
#endif
    (*block_body)();
    check_no_copies();
    fibers[static_cast<size_t>(current)].done = true;
    leave(true);
}

void prepare(Fiber& fiber) {
    if (!fiber.stack)
        fiber.stack = static_cast<std::byte*>(mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE,
                                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    // As after a call of fiber_main: its address above six saved registers, the stack 8 off a multiple of 16.
    void** top = reinterpret_cast<void**>(fiber.stack + stack_bytes);
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(fiber_main);
    for (int i = 0; i < 6; ++i) *--top = nullptr;
    fiber.pointer = top;
    fiber.waits = nullptr;
    fiber.done = false;
    fiber.exchanges = 0;
}

void resume(Fiber& fiber) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&scheduler_shadow, fiber.stack, stack_bytes);
#endif
    osu_emulation_switch(&scheduler, fiber.pointer);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(scheduler_shadow, nullptr, nullptr);
#endif
}

void arrive(Barrier& barrier, int expected) {
    if (++barrier.arrived == expected) {
        barrier.arrived = 0;
        ++barrier.generation;
        return;
    }
    Fiber& fiber = fibers[static_cast<size_t>(current)];
    fiber.waits = &barrier;
    fiber.generation = barrier.generation;
    leave(false);
}

// Lets each thread of a warp go on once. 0: none could; else 1 + how many ended.
int run_warp(int warp, bool backwards, const std::function<void(int)>& on_switch) {
    const int first = warp * warp_size, count = std::min(thread_count - first, warp_size);
    int result = 0;
    for (int i = 0; i < count; ++i) {
        current = first + (backwards ? count - 1 - i : i);
        Fiber& fiber = fibers[static_cast<size_t>(current)];
        if (fiber.done || (fiber.waits && fiber.waits->generation == fiber.generation)) continue;
        fiber.waits = nullptr;
        on_switch(current);
        resume(fiber);
        result = std::max(result, 1) + fiber.done;
    }
    return result;
}

}  // namespace

void broken(const char* rule, const char* what) {
    std::fprintf(stderr, "emulated CUDA: %s: %s\n", rule, what);
    std::abort();
}

void run_threads(int threads, bool backwards, const std::function<void()>& body,
                 const std::function<void(int)>& on_switch) {
    if (threads < 1 || threads > most_threads) broken("a block has 1 to 1024 threads", "this one does not");
    thread_count = threads;
    block_body = &body;
    block = {};
    for (int i = 0; i < threads; ++i) prepare(fibers[static_cast<size_t>(i)]);
    for (Warp& warp : warps) warp.barrier = {};
    const int warps_here = (threads + warp_size - 1) / warp_size;
    for (int left = threads; left > 0;) {
        bool went_on = false;
        for (int i = 0; i < warps_here; ++i) {
            const int warp = backwards ? warps_here - 1 - i : i;
            while (const int done = run_warp(warp, backwards, on_switch)) {
                went_on = true;
                left -= done - 1;
            }
        }
        if (!went_on) broken("all threads reach a barrier", "some ended or wait elsewhere");
    }
}

int current_thread() {
    return current;
}

void block_barrier() {
    arrive(block, thread_count);
}

void warp_barrier() {
    const int warp = current / warp_size;
    if (thread_count % warp_size != 0) broken("warps work together whole", "the block's last one is not");
    arrive(warps[static_cast<size_t>(warp)].barrier, warp_size);
}

const std::byte* exchange(const char* operation, const void* mine, size_t bytes) {
    Warp& warp = warps[static_cast<size_t>(current / warp_size)];
    // Two sets in turn: who reads the last exchange has not come to the next but one.
    const size_t set = fibers[static_cast<size_t>(current)].exchanges++ % 2;
    if (warp.barrier.arrived == 0) warp.operation[set] = operation;
    if (std::strcmp(warp.operation[set], operation) != 0)
        broken("the lanes of a warp do the same", operation);
    std::memcpy(warp.slots[set][current % warp_size], mine, bytes);
    warp_barrier();
    return warp.slots[set][0];
}

void* shared_memory() {
    return shared.get();
}

void set_shared_memory(size_t bytes) {
    void* memory = nullptr;
    if (posix_memalign(&memory, 16, bytes) != 0) std::abort();
    std::memset(memory, 0xff, bytes);
    shared.reset(memory);
}

}  // namespace osu::emulation
