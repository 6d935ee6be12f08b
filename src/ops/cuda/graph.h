// Recordings as CUDA graphs.
#pragma once

#include "ops/backend.h"
#include "ops/cuda/device.h"

namespace osu::cuda {

// The first time the operations are done as they come, so that whatever they need is there; the second time
// they are captured; from then on the graph is launched. While a Profile is taken they are done as they come,
// and so they are where capturing fails (which is told once) or OSU_CUDA_GRAPHS is 0 in the environment.
class GraphRecording final : public Recording {
  public:
    explicit GraphRecording(Device& device) : device_(device) {}
    ~GraphRecording() override;
    void run(const std::function<void()>& operations) override;

  private:
    Device& device_;
    bool ran_ = false;
    cudaGraphExec_t graph_ = nullptr;

    // Error when it cannot be captured; nothing was done then.
    void capture(const std::function<void()>& operations);
};

}  // namespace osu::cuda
