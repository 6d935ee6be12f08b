// Packing of weights into oneDNN's blocked layouts. Its own reorder from float32 takes four times as long.
#include <algorithm>

#include "base/parallel.h"
#include "ops/cpu/backend.h"
#include "ops/cpu/memory.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/packing.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for every target
#include <hwy/highway.h>

#include "ops/cpu/packing_inl.h"

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

// Rows [row, row + rows), a row of blocks: whole rows go to the cache first, as the memory likes to be read,
// and are taken to blocks there.
template <class T, class E>
void pack_strip(HeadRows<const T> from, int64_t rows, int64_t columns, const WeightLayout& layout,
                uint32_t* to) {
    constexpr int64_t widest = 1024;
    thread_local Scratch scratch;
    E* strip = scratch.get<E>(static_cast<size_t>(rows * widest));
    for (int64_t first = 0; first < columns; first += widest) {
        const int64_t width = std::min(widest, columns - first);
        pack_left<T, E>({from.data + first, from.stride}, rows, rows, width, width, strip);
        for (int64_t j = 0; j < width; j += layout.columns) {
            pack_transposed<E, E>({strip + j, width}, rows, layout.rows, std::min(layout.columns, width - j),
                                  layout.columns, to, layout.rows);
            to += layout.rows * layout.columns / word_elements<E>;
        }
    }
}

void pack_rows(const Matrix& master, int64_t row, int64_t rows, const WeightLayout& layout, uint32_t* to) {
    const auto run = [&](auto type, auto element) {
        using T = decltype(type);
        const T* from = static_cast<const T*>(master.data) + row * master.stride;
        pack_strip<T, decltype(element)>({from, master.stride}, rows, master.cols, layout, to);
    };
    const bool narrow = layout.type == DType::bf16;
    if (master.type == DType::bf16)
        narrow ? run(BFloat16(), BFloat16()) : run(BFloat16(), float());
    else
        narrow ? run(float(), BFloat16()) : run(float(), float());
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace osu::cpu {

HWY_EXPORT(pack_rows);

void pack_weight(const Matrix& master, const WeightLayout& layout, void* to) {
    const int64_t across = (master.cols + layout.columns - 1) / layout.columns;
    const int64_t words =
        across * layout.rows * layout.columns * static_cast<int64_t>(size_of(layout.type)) / 4;
    const auto run = HWY_DYNAMIC_DISPATCH(pack_rows);
    parallel_for_dynamic((master.rows + layout.rows - 1) / layout.rows, [&](int64_t i) {
        const int64_t row = i * layout.rows;
        run(master, row, std::min(layout.rows, master.rows - row), layout,
            static_cast<uint32_t*>(to) + i * words);
    });
}

}  // namespace osu::cpu
#endif
