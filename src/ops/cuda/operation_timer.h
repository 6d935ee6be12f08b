// Time on the device by operation, for a Profile (--profile): an event before and one behind each.
#pragma once

#include <deque>
#include <vector>

#include <cuda_runtime.h>

namespace osu::cuda {

class OperationTimer {
  public:
    explicit OperationTimer(cudaStream_t stream) : stream_(stream) {}
    ~OperationTimer();
    OperationTimer(const OperationTimer&) = delete;
    OperationTimer& operator=(const OperationTimer&) = delete;

    // Times what the stream is given while it lives; `flops` of a matrix product. Without a Profile it costs
    // a look at a pointer. While times are taken nothing may be captured.
    class Scope {
      public:
        Scope(OperationTimer& timer, const char* name, double flops = 0);
        ~Scope();
        Scope(const Scope&) = delete;
        Scope& operator=(const Scope&) = delete;

      private:
        OperationTimer* timer_;
    };

    // Tells the Profile of the operations that are done. For when the host has waited.
    void collect();

  private:
    struct Span {
        const char* name;
        double flops;
        cudaEvent_t begin, end;
    };
    const cudaStream_t stream_;
    std::deque<Span> spans_;  // that nobody was told of
    std::vector<cudaEvent_t> spare_;

    cudaEvent_t mark();
};

}  // namespace osu::cuda
