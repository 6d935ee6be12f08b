#include "ops/cuda/graph.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/profile.h"

namespace osu::cuda {

GraphRecording::~GraphRecording() {
    if (!graph_) return;
    static_cast<void>(cudaStreamSynchronize(device_.stream()));
    static_cast<void>(cudaGraphExecDestroy(graph_));
}

void GraphRecording::run(const std::function<void()>& operations) {
    if (!graph_ && ran_ && device_.makes_graphs() && !Profile::current()) {
        try {
            capture(operations);
        } catch (const Error& error) {
            device_.make_no_graphs();
            fmt::print(stderr,
                       "notice: steps are given to the GPU operation by operation, which is slower: {}\n",
                       error.what());
        }
    }
    if (!graph_ || Profile::current()) {  // what is in a graph cannot be timed
        operations();
        ran_ = true;
        return;
    }
    check(cudaGraphLaunch(graph_, device_.stream()), "launching a graph");
}

void GraphRecording::capture(const std::function<void()>& operations) {
    cudaGraph_t captured = nullptr;
    check(cudaStreamBeginCapture(device_.stream(), cudaStreamCaptureModeThreadLocal), "beginning a capture");
    try {
        operations();
    } catch (...) {
        static_cast<void>(cudaStreamEndCapture(device_.stream(), &captured));
        if (captured) static_cast<void>(cudaGraphDestroy(captured));
        throw;
    }
    check(cudaStreamEndCapture(device_.stream(), &captured), "ending a capture");
    // Else all would have the priority of the stream that the graph is launched on, and sums would not be
    // urgent.
    const cudaError_t status =
        cudaGraphInstantiate(&graph_, captured, cudaGraphInstantiateFlagUseNodePriority);
    static_cast<void>(cudaGraphDestroy(captured));
    check(status, "making a graph");
}

}  // namespace osu::cuda
