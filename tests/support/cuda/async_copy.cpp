// cp.async: what a thread asked for is copied when it waits, as late as hardware may.
#include <cstring>
#include <vector>

#include "support/cuda/cuda_runtime.h"

namespace osu::emulation {

namespace {

struct Copy {
    void* to;
    const void* from;
    size_t bytes;
    bool there;
};
std::vector<std::vector<Copy>> under_way;  // of each thread of the block

std::vector<Copy>& mine() {
    const auto thread = static_cast<size_t>(current_thread());
    if (under_way.size() <= thread) under_way.resize(thread + 1);
    return under_way[thread];
}

}  // namespace

void copy_async(void* to, const void* from, size_t bytes, bool there) {
    if ((reinterpret_cast<uintptr_t>(to) | reinterpret_cast<uintptr_t>(from)) % bytes != 0)
        broken("cp.async copies between multiples of its size", "not this");
    std::memset(to, 0xff, bytes);
    mine().push_back({to, from, bytes, there});
}

void wait_for_copies() {
    for (const Copy& copy : mine())
        if (copy.there)
            std::memcpy(copy.to, copy.from, copy.bytes);
        else
            std::memset(copy.to, 0, copy.bytes);
    mine().clear();
}

void check_no_copies() {
    if (!mine().empty()) broken("a thread waits for its copies", "this one ended before");
}

}  // namespace osu::emulation
