// What we ask of oneDNN, in both of its interfaces: version 2 (Debian 12) and 3 (Debian 13, Ubuntu 24.04).
#pragma once

#include <optional>

#include <dnnl.hpp>

namespace osu::cpu {

using ForwardProduct = dnnl::inner_product_forward;
using InputGradient = dnnl::inner_product_backward_data;
using WeightGradient = dnnl::inner_product_backward_weights;

inline dnnl::memory::dims dims_of(const dnnl::memory::desc& desc) {
#if DNNL_VERSION_MAJOR >= 3
    return desc.get_dims();
#else
    return desc.dims();
#endif
}

// Of a layout in blocks: sizes and dimensions of the blocks from the outermost in, the strides between them,
// and the dimensions that whole blocks fill.
struct Blocking {
    dnnl::memory::dims sizes, dimensions, strides, padded;
};

inline std::optional<Blocking> blocking_of(const dnnl::memory::desc& desc) {
#if DNNL_VERSION_MAJOR >= 3
    if (desc.get_format_kind() != dnnl::memory::format_kind::blocked) return {};
    return Blocking{desc.get_inner_blks(), desc.get_inner_idxs(), desc.get_strides(), desc.get_padded_dims()};
#else
    if (desc.data.format_kind != dnnl_blocked) return {};
    const auto& format = desc.data.format_desc.blocking;
    const auto list = [](const dnnl_dim_t* values, int count) {
        return dnnl::memory::dims(values, values + count);
    };
    return Blocking{list(format.inner_blks, format.inner_nblks), list(format.inner_idxs, format.inner_nblks),
                    list(format.strides, desc.data.ndims), list(desc.data.padded_dims, desc.data.ndims)};
#endif
}

// Without a bias it is a null pointer.
inline ForwardProduct::primitive_desc describe_forward(const dnnl::engine& engine,
                                                       const dnnl::memory::desc& x,
                                                       const dnnl::memory::desc& weight,
                                                       const dnnl::memory::desc* bias,
                                                       const dnnl::memory::desc& y,
                                                       const dnnl::primitive_attr& attributes = {}) {
    const auto kind = dnnl::prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
    if (bias) return {engine, kind, x, weight, *bias, y, attributes};
    return {engine, kind, x, weight, y, attributes};
#else
    return {bias ? ForwardProduct::desc(kind, x, weight, *bias, y) : ForwardProduct::desc(kind, x, weight, y),
            attributes, engine};
#endif
}

inline InputGradient::primitive_desc describe_input_gradient(const dnnl::engine& engine,
                                                             const dnnl::memory::desc& dx,
                                                             const dnnl::memory::desc& weight,
                                                             const dnnl::memory::desc& dy,
                                                             const ForwardProduct::primitive_desc& forward,
                                                             const dnnl::primitive_attr& attributes = {}) {
#if DNNL_VERSION_MAJOR >= 3
    return {engine, dx, weight, dy, forward, attributes};
#else
    return {{dx, weight, dy}, attributes, engine, forward};
#endif
}

inline WeightGradient::primitive_desc describe_weight_gradient(const dnnl::engine& engine,
                                                               const dnnl::memory::desc& x,
                                                               const dnnl::memory::desc& dw,
                                                               const dnnl::memory::desc& dy,
                                                               const ForwardProduct::primitive_desc& forward,
                                                               const dnnl::primitive_attr& attributes = {}) {
#if DNNL_VERSION_MAJOR >= 3
    return {engine, x, dw, dy, forward, attributes};
#else
    return {{x, dw, dy}, attributes, engine, forward};
#endif
}

}  // namespace osu::cpu
