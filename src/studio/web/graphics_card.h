// The network's blocks on the graphics card of a browser, by WebGPU. What speaks to the card is JavaScript in
// a worker of its own (studio/web/graphics_worker.js): C++ leaves word in a mailbox in the memory that both
// share, and waits for the answer. Of the build with threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>

#include "base/tensor.h"
#include "model/dit_sampler.h"

namespace osu::studio {

// All of 32 bits; addresses are those of the program's memory.
struct GraphicsMailbox {
    // What JavaScript waits for, and C++: see graphics_card.cpp.
    std::atomic<uint32_t> state;
    uint32_t request;     // 1: a network; 2: the next layer of it; 3: a step
    uint32_t numbers[3];  // depth, hidden, heads; outputs, inputs; rows, tokens, band
    // The weight (out, in) and bias of a layer; input, modulation and output of a step: float32.
    uint32_t addresses[3];
};

// The program's only one.
GraphicsMailbox& graphics_mailbox();

// One a network. It gives up at the first thing that the card cannot do, or that nobody answers for minutes.
class GraphicsCard final : public RemoteBlocks {
  public:
    GraphicsCard(const DitConfig& config, const TensorMap& weights);
    bool forward(const AttentionShape& shape, const float* input, const float* modulation,
                 float* out) override;

  private:
    bool works_ = true;
    void ask(uint32_t request, std::initializer_list<int64_t> numbers,
             std::initializer_list<const float*> addresses);
};

}  // namespace osu::studio
