// Threads: how many, and a loop over them. OpenMP beneath, the same pool that oneDNN uses; in a build without
// it (OSU_OPENMP=OFF) a pool of our own.
#pragma once

#include <cstdint>

#ifndef OSU_OWN_THREADS
#include <omp.h>
#else
#include <algorithm>
#include <atomic>
#endif

namespace osu {

#ifndef OSU_OWN_THREADS

// 0: as many as there are cores. Process-wide.
inline void set_thread_count(int count) {
    omp_set_num_threads(count > 0 ? count : omp_get_num_procs());
}
inline int thread_count() {
    return omp_get_max_threads();
}

// Runs body(i) for 0 ≤ i < count, split in even, contiguous shares: which thread does i depends on nothing
// but count and the number of threads. The body must not throw.
template <class Body>
void parallel_for(int64_t count, Body&& body) {
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < count; ++i) body(i);
}

// The same with shares handed out one by one: for items of unequal cost whose results do not depend on the
// thread.
template <class Body>
void parallel_for_dynamic(int64_t count, Body&& body) {
#pragma omp parallel for schedule(dynamic)
    for (int64_t i = 0; i < count; ++i) body(i);
}

#else

void set_thread_count(int count);
int thread_count();

// share(context, n) for 0 ≤ n < shares, each on a thread of its own, the caller's is the first. Within a
// loop, or while another thread has the pool, all of them on the calling thread.
void run_shares(int shares, void (*share)(const void* context, int n), const void* context);

template <class Body>
void parallel_for(int64_t count, Body&& body) {
    const auto shares = static_cast<int>(std::min<int64_t>(count, thread_count()));
    const auto share = [&](int n) {
        const int64_t last = count * (n + 1) / shares;
        for (int64_t i = count * n / shares; i < last; ++i) body(i);
    };
    run_shares(
        shares, [](const void* context, int n) { (*static_cast<decltype(&share)>(context))(n); }, &share);
}

template <class Body>
void parallel_for_dynamic(int64_t count, Body&& body) {
    const auto shares = static_cast<int>(std::min<int64_t>(count, thread_count()));
    std::atomic<int64_t> next = 0;
    const auto share = [&](int) {
        for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) body(i);
    };
    run_shares(
        shares, [](const void* context, int n) { (*static_cast<decltype(&share)>(context))(n); }, &share);
}

#endif

}  // namespace osu
