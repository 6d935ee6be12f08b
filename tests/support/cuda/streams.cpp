#include "support/cuda/streams.h"

#include <chrono>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>

// What a captured stream was given, in the order of the calls.
struct EmulatedGraph {
    enum class Kind { work, record, wait };
    struct Node {
        Kind kind;
        cudaStream_t stream;
        osu::emulation::Work work;
        int record = 0;  // its number; of a wait: which one is waited for
    };
    cudaStream_t origin = nullptr;
    std::vector<Node> nodes;
    int records = 0;
    std::set<cudaStream_t> forked, unjoined;  // the other streams; those that nobody has waited for
};

struct EmulatedStream {
    bool hasty = false;
    std::thread::id owner = std::this_thread::get_id();
    std::deque<osu::emulation::Work> waiting;
    uint64_t given = 0, done = 0;
    EmulatedGraph* captured = nullptr;
};

using Clock = std::chrono::steady_clock;

struct EmulatedEvent {
    cudaStream_t stream = nullptr;
    uint64_t position = 0;           // of the stream's work
    EmulatedGraph* graph = nullptr;  // or it was recorded in a capture
    int record = 0;
    bool asked = false, times = false;
    std::shared_ptr<Clock::time_point> passed;  // when the stream came there, if it `times`
};

namespace osu::emulation {

namespace {

std::mutex machine;
std::set<cudaStream_t> streams;
bool hasty_with_priority = false;
thread_local EmulatedGraph* capture = nullptr;
thread_local cudaError_t last_error = cudaSuccess;

bool at_once() {
    static const bool value = std::getenv("OSU_CUDA_AT_ONCE") != nullptr;
    return value;
}

void run_until(cudaStream_t stream, uint64_t position, Hold& lock) {
    if (stream->done >= position) return;
    const Access access;
    while (stream->done < position && !stream->waiting.empty()) {
        const Work work = std::move(stream->waiting.front());
        stream->waiting.pop_front();
        if (work.after) run_until(work.after, work.position, lock);
        if (work.meet) work.meet(lock);
        if (work.run) work.run();
        ++stream->done;
    }
}

void finish(cudaStream_t stream, Hold& lock) {
    run_until(stream, stream->given, lock);
}

cudaError_t make_stream(cudaStream_t* stream, bool hasty) {
    const Hold lock = hold();
    *stream = new EmulatedStream;
    (*stream)->hasty = hasty || at_once();
    streams.insert(*stream);
    return cudaSuccess;
}

}  // namespace

Hold hold() {
    return Hold(machine);
}

void push(cudaStream_t stream, Work work, Hold& lock) {
    if (!stream) broken("work goes to the backend's own streams", "this went to the default one");
    if (stream->captured) {
        if (stream != stream->captured->origin) stream->captured->unjoined.insert(stream);
        stream->captured->nodes.push_back({EmulatedGraph::Kind::work, stream, std::move(work)});
        return;
    }
    stream->waiting.push_back(std::move(work));
    ++stream->given;
    if (stream->hasty) finish(stream, lock);
}

void finish_own_streams(Hold& lock) {
    for (const cudaStream_t stream : std::set(streams))
        if (stream->owner == std::this_thread::get_id()) finish(stream, lock);
}

bool capturing() {
    return capture != nullptr;
}

cudaError_t remember(cudaError_t error) {
    return last_error = error;
}

bool has_error() {
    return last_error != cudaSuccess;
}

void make_hasty(bool hasty) {
    hasty_with_priority = hasty;
}

}  // namespace osu::emulation

using namespace osu::emulation;

cudaError_t cudaGetLastError() {
    return std::exchange(last_error, cudaSuccess);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
    return make_stream(stream, false);
}
cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
    *least = 0;
    *greatest = -5;
    return cudaSuccess;
}
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned, int) {
    return make_stream(stream, hasty_with_priority);
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    Hold lock = hold();
    finish(stream, lock);
    streams.erase(stream);
    delete stream;
    return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    Hold lock = hold();
    if (stream->captured) return cudaErrorStreamCaptureUnsupported;
    finish(stream, lock);
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
    *event = new EmulatedEvent;
    (*event)->times = (flags & cudaEventDisableTiming) == 0;
    return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) {
    return cudaEventCreateWithFlags(event, 0);
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
    const Hold lock = hold();
    if (!begin->times || !end->times || begin->graph || end->graph || !begin->passed || !end->passed)
        return cudaErrorInvalidValue;
    if (*begin->passed == Clock::time_point() || *end->passed == Clock::time_point())
        return remember(cudaErrorNotReady);
    *milliseconds = std::chrono::duration<float, std::milli>(*end->passed - *begin->passed).count();
    return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    delete event;
    return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    Hold lock = hold();
    const bool times = event->times;
    *event = {stream, stream->given, stream->captured, 0, false, times, nullptr};
    if (!stream->captured) {
        if (times) {
            event->passed = std::make_shared<Clock::time_point>();
            push(stream, {[passed = event->passed] { *passed = Clock::now(); }}, lock);
            event->position = stream->given;
        }
        return cudaSuccess;
    }
    event->record = ++stream->captured->records;
    stream->captured->nodes.push_back({EmulatedGraph::Kind::record, stream, {}, event->record});
    return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    Hold lock = hold();
    if (capture || event->graph) return cudaErrorStreamCaptureUnsupported;
    if (event->stream) run_until(event->stream, event->position, lock);
    return cudaSuccess;
}
// Where the host has not waited, not at the first time: so that somebody comes again.
cudaError_t cudaEventQuery(cudaEvent_t event) {
    Hold lock = hold();
    const bool there = event->stream && event->stream->done >= event->position;
    lock.unlock();
    if (!event->asked && !there) {
        event->asked = true;
        return remember(cudaErrorNotReady);
    }
    return cudaEventSynchronize(event);
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
    Hold lock = hold();
    EmulatedGraph* const graph = event->graph;
    if (!graph) {
        if (stream->captured) return cudaErrorStreamCaptureIsolation;
        if (event->stream) push(stream, {{}, {}, event->stream, event->position}, lock);
        return cudaSuccess;
    }
    if (graph != capture) return cudaErrorStreamCaptureIsolation;
    if (!stream->captured) {
        stream->captured = graph;
        graph->forked.insert(stream);
    }
    graph->nodes.push_back({EmulatedGraph::Kind::wait, stream, {}, event->record});
    if (stream == graph->origin) {  // joined, if nothing came after the record
        bool later = false;
        for (const auto& node : graph->nodes) {
            if (node.kind == EmulatedGraph::Kind::record && node.record == event->record) later = false;
            if (node.kind == EmulatedGraph::Kind::work && node.stream == event->stream) later = true;
        }
        if (!later) graph->unjoined.erase(event->stream);
    }
    return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    const Hold lock = hold();
    if (capture) return cudaErrorStreamCaptureUnsupported;
    capture = stream->captured = new EmulatedGraph;
    capture->origin = stream;
    return cudaSuccess;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
    *status = stream->captured ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
    return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    const Hold lock = hold();
    if (!capture || capture->origin != stream) return cudaErrorInvalidValue;
    *graph = capture;
    capture = stream->captured = nullptr;
    for (const cudaStream_t forked : (*graph)->forked) forked->captured = nullptr;
    return (*graph)->unjoined.empty() ? cudaSuccess : cudaErrorStreamCaptureUnjoined;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
    *executable = new EmulatedGraph(*graph);
    return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
    delete executable;
    return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
    Hold lock = hold();
    std::map<int, std::pair<cudaStream_t, uint64_t>> records;
    for (const EmulatedGraph::Node& node : executable->nodes) {
        const cudaStream_t to = node.stream == executable->origin ? stream : node.stream;
        switch (node.kind) {
            case EmulatedGraph::Kind::work: push(to, node.work, lock); break;
            case EmulatedGraph::Kind::record: records[node.record] = {to, to->given}; break;
            case EmulatedGraph::Kind::wait:
                push(to, {{}, {}, records[node.record].first, records[node.record].second}, lock);
        }
    }
    return cudaSuccess;
}
