// Packing of weights into oneDNN's blocked layouts. Its own reorder from float32 takes four times as long.
#include <algorithm>

#include "base/parallel.h"
#include "ops/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/packing.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for every target
#include <hwy/highway.h>

#include "ops/cpu/packing_inl.h"

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

void pack_block(const float* from, int64_t stride, int64_t rows, int64_t columns, const WeightLayout& layout,
                uint32_t* to) {
    const HeadRows<const float> source{from, stride};
    if (layout.type == DType::bf16)
        pack_transposed<float, BFloat16>(source, rows, layout.rows, columns, layout.columns, to, layout.rows);
    else
        pack_transposed<float, float>(source, rows, layout.rows, columns, layout.columns, to, layout.rows);
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace osu::cpu {

HWY_EXPORT(pack_block);

void pack_weight(const float* master, int64_t stride, int64_t out, int64_t in, const WeightLayout& layout,
                 void* to) {
    const int64_t across = (in + layout.columns - 1) / layout.columns;
    const int64_t words = layout.rows * layout.columns * static_cast<int64_t>(size_of(layout.type)) / 4;
    const auto run = HWY_DYNAMIC_DISPATCH(pack_block);
    parallel_for((out + layout.rows - 1) / layout.rows, [&](int64_t i) {
        for (int64_t j = 0; j < across; ++j) {
            const int64_t row = i * layout.rows, column = j * layout.columns;
            run(master + row * stride + column, stride, std::min(layout.rows, out - row),
                std::min(layout.columns, in - column), layout,
                static_cast<uint32_t*>(to) + (i * across + j) * words);
        }
    });
}

}  // namespace osu::cpu
#endif
