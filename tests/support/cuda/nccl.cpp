// NCCL's sums between the threads of one process, each a rank with a GPU of its own: in the order of ranks,
// when all have come.
#include "ops/cuda/nccl.h"

#include <array>
#include <condition_variable>
#include <map>
#include <memory>
#include <vector>

#include "base/error.h"
#include "support/cuda/streams.h"

using osu::emulation::Hold;

namespace {

struct Call {
    const void* from;
    void* to;
    size_t count;
    int type;
    bool captured;
};

// The ranks of one key.
struct Meeting {
    size_t ranks = 0, joined = 0, left = 0;
    std::map<int, Call> calls;  // by rank, of the sum that they meet for
    uint64_t sums = 0;
    std::condition_variable changed;
};

std::map<uint64_t, Meeting> meetings;
uint64_t last_key = 0;

template <class T>
void add(const std::map<int, Call>& calls) {
    const size_t count = calls.begin()->second.count;
    std::vector<T> total(count);
    for (const auto& [rank, call] : calls)
        for (size_t i = 0; i < count; ++i) total[i] += static_cast<const T*>(call.from)[i];
    for (const auto& [rank, call] : calls) std::copy(total.begin(), total.end(), static_cast<T*>(call.to));
}

}  // namespace

struct osu::cuda::NcclCommunicatorState {
    NcclCommunicatorState(Meeting* of, int which) : meeting(of), rank(which) {}
    Meeting* meeting;
    int rank;
};

namespace {

std::vector<std::unique_ptr<osu::cuda::NcclCommunicatorState>> communicators;  // also of who never left

int get_id(osu::cuda::NcclId* id) {
    const Hold lock = osu::emulation::hold();
    *id = {};
    *reinterpret_cast<uint64_t*>(id->bytes) = ++last_key;
    return 0;
}

int join(osu::cuda::NcclCommunicator* made, int ranks, osu::cuda::NcclId id, int rank) {
    Hold lock = osu::emulation::hold();
    Meeting& meeting = meetings[*reinterpret_cast<const uint64_t*>(id.bytes)];
    meeting.ranks = static_cast<size_t>(ranks);
    ++meeting.joined;
    meeting.changed.notify_all();
    meeting.changed.wait(lock, [&] { return meeting.joined == meeting.ranks; });
    *made =
        communicators.emplace_back(std::make_unique<osu::cuda::NcclCommunicatorState>(&meeting, rank)).get();
    return 0;
}

void meet(Meeting& meeting, int rank, const Call& call, Hold& lock) {
    const uint64_t number = meeting.sums;
    for (const auto& [other, theirs] : meeting.calls)
        if (theirs.count != call.count || theirs.type != call.type || theirs.captured != call.captured)
            osu::emulation::broken("all ranks begin the same sums, captured or not", "these are not");
    meeting.calls[rank] = call;
    if (meeting.calls.size() == meeting.ranks) {
        if (call.type == osu::cuda::nccl_float32)
            add<float>(meeting.calls);
        else
            add<double>(meeting.calls);
        meeting.calls.clear();
        ++meeting.sums;
        meeting.changed.notify_all();
    }
    meeting.changed.wait(lock, [&] { return meeting.sums > number; });
}

int sum(const void* from, void* to, size_t count, int type, int operation,
        osu::cuda::NcclCommunicator communicator, cudaStream_t stream) {
    if (operation != osu::cuda::nccl_sum) return 4;  // an invalid argument
    osu::emulation::check_argument(&from, sizeof(from));
    Hold lock = osu::emulation::hold();
    Meeting& meeting = *communicator->meeting;
    const auto work = [&meeting, rank = communicator->rank,
                       call = Call{from, to, count, type, osu::emulation::capturing()}](Hold& held) {
        meet(meeting, rank, call, held);
    };
    osu::emulation::push(stream, {{}, work}, lock);
    return 0;
}

int failure(osu::cuda::NcclCommunicator, int* status) {
    *status = 0;
    return 0;
}

int leave(osu::cuda::NcclCommunicator) {
    return 0;
}

const char* describe(int status) {
    return status == 0 ? "no error" : "invalid argument";
}

bool installed = true;

}  // namespace

namespace osu::emulation {

// As on a machine without NCCL, from now on.
void install_nccl(bool value) {
    installed = value;
}

}  // namespace osu::emulation

namespace osu::cuda {

const Nccl* nccl(bool required) {
    static const Nccl functions{get_id, join, sum, failure, leave, describe};
    if (required && !installed) fail("libnccl.so.2 was not found");
    return installed ? &functions : nullptr;
}

}  // namespace osu::cuda
