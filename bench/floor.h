// The floor that times are compared with: linear products alone through oneDNN, in the layouts that it asks
// for, with nothing before or after them.
#pragma once

#include <memory>
#include <vector>

#include <dnnl.hpp>

#include "base/tensor.h"
#include "ops/cpu/kernels.h"
#include "ops/cpu/memory.h"

namespace osu::bench {

class FloorProduct {
  public:
    // y (rows, out) = x (rows, in)·Wᵀ; `trains`: and dx, and dw (float32) in the faster of two layouts.
    FloorProduct(DType type, int64_t rows, int64_t in, int64_t out, bool trains);
    void run() const {
        for (const auto& step : steps_) step.primitive.execute(stream_, step.arguments);
    }
    double flops() const { return flops_; }

  private:
    struct Step {
        dnnl::primitive primitive;
        std::unordered_map<int, dnnl::memory> arguments;
    };
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    mutable dnnl::stream stream_{engine_};
    std::vector<Step> steps_;
    std::vector<std::shared_ptr<void>> memory_;
    double flops_;

    dnnl::memory random_memory(const dnnl::memory::desc& desc);
};

inline dnnl::memory FloorProduct::random_memory(const dnnl::memory::desc& desc) {
    memory_.push_back(
        cpu::allocate_zeroed(desc.get_size()));  // on huge pages, as everything that it is compared with
    dnnl::memory memory(desc, engine_, memory_.back().get());
    const bool narrow = desc.data.data_type == dnnl_bf16;
    uint32_t state = 1;
    for (size_t i = 0; i < desc.get_size() / (narrow ? 2 : 4); ++i) {
        const float value = static_cast<float>((state = state * 1664525 + 1013904223) >> 8) / (1 << 23) - 1;
        if (narrow)
            static_cast<BFloat16*>(memory.get_data_handle())[i] = to_bfloat16(value);
        else
            static_cast<float*>(memory.get_data_handle())[i] = value;
    }
    return memory;
}

inline FloorProduct::FloorProduct(DType type, int64_t rows, int64_t in, int64_t out, bool trains)
    : flops_(2.0 * static_cast<double>(rows * in * out) * (trains ? 3 : 1)) {
    using namespace dnnl;
    using Tag = memory::format_tag;
    const auto element = type == DType::bf16 ? memory::data_type::bf16 : memory::data_type::f32;
    const memory::desc x({rows, in}, element, Tag::ab), y({rows, out}, element, Tag::ab);
    const memory::desc any({out, in}, element, Tag::any);
    const inner_product_forward::primitive_desc forward({prop_kind::forward_inference, x, any, y}, engine_);
    const auto xs = random_memory(x), ys = random_memory(y), ws = random_memory(forward.weights_desc());
    steps_.push_back(
        {inner_product_forward(forward), {{DNNL_ARG_SRC, xs}, {DNNL_ARG_WEIGHTS, ws}, {DNNL_ARG_DST, ys}}});
    if (!trains) return;
    const inner_product_backward_data::primitive_desc data({x, any, y}, engine_, forward);
    steps_.push_back({inner_product_backward_data(data),
                      {{DNNL_ARG_DIFF_DST, ys},
                       {DNNL_ARG_WEIGHTS, random_memory(data.weights_desc())},
                       {DNNL_ARG_DIFF_SRC, random_memory(x)}}});
    // AMX is faster with packed gradients, everything else with plain ones.
    const bool tiles = cpu::has_tiles() && type == DType::bf16;
    const memory::desc wanted({out, in}, memory::data_type::f32, tiles ? Tag::any : Tag::ab);
    const inner_product_backward_weights::primitive_desc weights({x, wanted, y}, engine_, forward);
    steps_.push_back({inner_product_backward_weights(weights),
                      {{DNNL_ARG_DIFF_DST, ys},
                       {DNNL_ARG_SRC, xs},
                       {DNNL_ARG_DIFF_WEIGHTS, random_memory(weights.diff_weights_desc())}}});
}

}  // namespace osu::bench
