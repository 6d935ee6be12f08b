// The diffusion transformer (DiT) for training: forward keeps what backward needs.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <tuple>

#include "model/config.h"
#include "model/dit_inputs.h"
#include "model/network.h"
#include "model/parameters.h"
#include "ops/backend.h"

namespace osu {

// Hears of gradients that are complete while the backward goes on.
class GradientListener {
  public:
    virtual ~GradientListener() = default;
    // `count` floats from `first` on. Every part of the layout once: the final layer and the blocks from the
    // last one down, in between their adaLN weights, then what stands behind these, then the embedders.
    virtual void complete(size_t first, size_t count) = 0;
    virtual void all_complete() = 0;  // behind the last part
    // What it does when it hears are operations of the backend alone: a Recording may repeat them.
    virtual bool is_recordable() const = 0;
};

class Dit {
  public:
    Dit(const DitConfig& config, Backend& backend);

    const DitConfig& config() const { return config_; }
    const ParameterLayout& layout() const { return layout_; }
    Backend& backend() const { return backend_; }

    // Takes the values (device memory, layout order, alive until the next load) into the packed weights.
    // Again after every change.
    void load(const float* values);
    // Where the backend multiplies with bfloat16 weights as they lie: they and the biases, in the order of
    // the layout; else null. Whoever changes the values may write them here, too, instead of loading them
    // again.
    BFloat16* rounded() const { return static_cast<BFloat16*>(rounded_.get()); }

    // The result stays in output() (N, 4), float32 device memory: ε̂ in columns 0–1, variance in 2–3.
    void forward(const DitInput& input);
    Matrix output() const { return activations_.out; }
    // And its copy out (B, 4, T) in host memory.
    void forward(const DitInput& input, std::span<float> out);
    // After forward: the gradient of every parameter, added to what `gradients` points to (device memory,
    // layout order), or put there. That of the output is expected in output_gradient() (N, 4), device memory
    // of the compute type, or comes as d_out (B, 4, T) from the host.
    Matrix output_gradient() const { return d_out_cast_; }
    void backward(const ParameterGradients& gradients, GradientListener* listener = nullptr);
    void backward(std::span<const float> d_out, const ParameterGradients& gradients,
                  GradientListener* listener = nullptr);

    // The embedded input (N, h) of the last forward, float32 host copy, for tests.
    std::vector<float> embedded_input() const;

    size_t activation_bytes() const { return buffers_ ? buffers_->bytes() : 0; }  // for the last shape
    size_t weight_bytes() const { return weight_bytes_; }                         // of the packed weights

  private:
    const DitConfig config_;
    Backend& backend_;
    const ParameterLayout layout_;
    const std::shared_ptr<void> rounded_;
    Linear input_;  // xoc_embedder
    Linear adaln_;  // of all blocks and the final layer
    Network network_;
    size_t weight_bytes_ = 0;
    const float* values_ = nullptr;

    // Of the last shape:
    int64_t batch_ = 0, tokens_ = 0;
    std::unique_ptr<Buffers> buffers_;
    std::unique_ptr<DitInputs> inputs_;
    Matrix features_;  // (N, 528)
    Condition condition_;
    Matrix modulation_;  // (B, modulation_size) float32
    Activations activations_;
    Gradients gradients_;
    Matrix d_out_, d_out_cast_;  // (N, 4) float32 and compute type
    Matrix d_input_;             // (N, h) compute type
    // Of forward and backward with these very inputs and weights; of the latter by where the gradients go,
    // whether over others, and who hears of them.
    std::unique_ptr<Recording> forward_recording_, load_recording_;
    std::map<std::tuple<const float*, bool, const GradientListener*>, std::unique_ptr<Recording>>
        backward_recordings_;

    std::vector<Linear*> linears();
    std::shared_ptr<void> make_rounded();
    Linear make_adaln();
    void round_values();
    AttentionShape attention_shape() const;
    void reshape(const DitInput& input);
    void forget_recordings();
    void embed();
    void embed_backward(const ParameterGradients& gradients);
    void adaln_backward(int block, const ParameterGradients& gradients);
    void run_backward(const ParameterGradients& gradients, GradientListener* listener);
};

}  // namespace osu
