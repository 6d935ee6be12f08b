// The floor that times are compared with: linear products alone through oneDNN, in the layouts that it asks
// for, with nothing before, between or after them.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/tensor.h"
#include "model/config.h"
#include "ops/cpu/backend.h"
#include "ops/cpu/memory.h"
#include "ops/cpu/onednn.h"
#include "ops/cpu/products.h"

namespace osu::bench {

// Every product has a weight of its own; those of one shape share their inputs and outputs.
class Floor {
  public:
    // Products y (rows, out) = x (rows, in)·Wᵀ; `trains`: and dx, and dw (float32) in the faster of two
    // layouts.
    Floor(DType type, int64_t rows, bool trains) : type_(type), rows_(rows), trains_(trains) {}

    void add(int64_t out, int64_t in);
    // The four products of each block: qkv, out, and up and down of the MLP.
    void add_blocks(int64_t hidden, int depth) {
        for (int i = 0; i < depth; ++i) {
            add(3 * hidden, hidden);
            add(hidden, hidden);
            add(4 * hidden, hidden);
            add(hidden, 4 * hidden);
        }
    }
    void run() const {
        for (const auto& step : steps_) step.primitive.execute(stream_, step.arguments);
    }
    double flops() const { return flops_; }

  private:
    struct Step {
        dnnl::primitive primitive;
        std::unordered_map<int, dnnl::memory> arguments;
    };
    DType type_;
    int64_t rows_;
    bool trains_;
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    mutable dnnl::stream stream_{engine_};
    std::vector<Step> steps_;
    std::vector<std::shared_ptr<void>> weights_;
    enum class Role { input, output, input_gradient };
    std::map<std::pair<Role, int64_t>, std::shared_ptr<void>> activations_;  // by width
    double flops_ = 0;

    static std::shared_ptr<void> random_values(size_t bytes, DType type);
    dnnl::memory weight(const dnnl::memory::desc& desc, DType type) {
        weights_.push_back(random_values(desc.get_size(), type));
        return {desc, engine_, weights_.back().get()};
    }
    dnnl::memory activation(const dnnl::memory::desc& desc, Role role) {
        auto& memory = activations_[{role, cpu::dims_of(desc)[1]}];
        if (!memory) memory = random_values(desc.get_size(), type_);
        return {desc, engine_, memory.get()};
    }
};

inline std::shared_ptr<void> Floor::random_values(size_t bytes, DType type) {
    auto memory = cpu::allocate_zeroed(bytes);  // on huge pages, as everything that it is compared with
    uint32_t state = 1;
    for (size_t i = 0; i < bytes / size_of(type); ++i) {
        const float value = static_cast<float>((state = state * 1664525 + 1013904223) >> 8) / (1 << 23) - 1;
        if (type == DType::bf16)
            static_cast<BFloat16*>(memory.get())[i] = to_bfloat16(value);
        else
            static_cast<float*>(memory.get())[i] = value;
    }
    return memory;
}

inline void Floor::add(int64_t out, int64_t in) {
    using namespace dnnl;
    using Tag = memory::format_tag;
    flops_ += 2.0 * static_cast<double>(rows_ * in * out) * (trains_ ? 3 : 1);
    const auto element = type_ == DType::bf16 ? memory::data_type::bf16 : memory::data_type::f32;
    const memory::desc x({rows_, in}, element, Tag::ab), y({rows_, out}, element, Tag::ab);
    const memory::desc any({out, in}, element, Tag::any);
    const auto forward = cpu::describe_forward(engine_, x, any, nullptr, y);
    const auto xs = activation(x, Role::input), ys = activation(y, Role::output);
    steps_.push_back({inner_product_forward(forward),
                      {{DNNL_ARG_SRC, xs},
                       {DNNL_ARG_WEIGHTS, weight(forward.weights_desc(), type_)},
                       {DNNL_ARG_DST, ys}}});
    if (!trains_) return;
    const auto data = cpu::describe_input_gradient(engine_, x, any, y, forward);
    steps_.push_back({inner_product_backward_data(data),
                      {{DNNL_ARG_DIFF_DST, ys},
                       {DNNL_ARG_WEIGHTS, weight(data.weights_desc(), type_)},
                       {DNNL_ARG_DIFF_SRC, activation(x, Role::input_gradient)}}});
    // AMX is faster with packed gradients, everything else with plain ones.
    const bool tiles = cpu::has_tiles() && type_ == DType::bf16;
    const memory::desc wanted({out, in}, memory::data_type::f32, tiles ? Tag::any : Tag::ab);
    const auto weights = cpu::describe_weight_gradient(engine_, x, wanted, y, forward);
    steps_.push_back({inner_product_backward_weights(weights),
                      {{DNNL_ARG_DIFF_DST, ys},
                       {DNNL_ARG_SRC, xs},
                       {DNNL_ARG_DIFF_WEIGHTS, weight(weights.diff_weights_desc(), DType::f32)}}});
}

}  // namespace osu::bench
