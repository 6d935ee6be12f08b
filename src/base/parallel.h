// Threads: how many, and a loop over them. OpenMP beneath, the same pool that oneDNN uses.
#pragma once

#include <cstdint>

#include <omp.h>

namespace osu {

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

}  // namespace osu
