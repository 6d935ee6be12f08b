// products.h through Highway, in float32: for builds without oneDNN, and for processors that it is slow on.
//
// All three products are sums over k of A's column k times B's row k. A lies in tiles of some rows, B in
// panels of as many columns as the registers hold sums for; in both the elements of one k are neighbours, so
// that the inner loop walks two streams: it loads a row of the panel, and multiplies it by each of the tile's
// 6 numbers. Weights are packed in panels once; the other operands at each call, which costs little beside
// the product. A sum runs over k in one go and one order, whatever stands beside it.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "base/parallel.h"
#include "ops/cpu/backend.h"
#include "ops/cpu/memory.h"
#include "ops/cpu/products.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/highway_products.cpp"
#include <hwy/foreach_target.h>  // compiles this file again for every target
#include <hwy/highway.h>

#include "ops/cpu/packing_inl.h"

#ifndef OSU_OPS_CPU_HIGHWAY_PRODUCTS_ONCE
#define OSU_OPS_CPU_HIGHWAY_PRODUCTS_ONCE
namespace osu::cpu {

struct TileShape {
    int64_t rows, columns;
};

// Of C (rows, columns) = A·B + bias, or C += A·B: some tiles of A, one panel of B.
struct PanelProduct {
    int64_t k;
    const float *tiles, *panel, *bias;  // bias may be null
    Matrix c;                           // its rows and columns are those of the tiles and the panel
    bool add;
};

}  // namespace osu::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

// The sums fill 24 of 32 registers, or 12 of 16; where a multiplication and its addition are two
// instructions, 10.
constexpr int vectors = lanes == 16 ? 4 : 2;
constexpr int64_t panel = vectors * lanes, tile_rows = HWY_NATIVE_FMA ? 6 : 5;

TileShape tile_shape() {
    return {tile_rows, panel};
}

// One row of sums to its place in C.
template <class T>
HWY_INLINE void finish_row(const PanelProduct& p, const Vector* sums, T* to) {
    for (int v = 0; v < vectors; ++v) {
        const int64_t first = v * lanes, count = std::min(lanes, p.c.cols - first);
        if (count <= 0) return;
        auto sum = sums[v];
        if (p.bias) sum = hn::Add(sum, load(p.bias + first, count));
        if (p.add) sum = hn::Add(sum, load(to + first, count));
        store(sum, to + first, count);
    }
}

template <int rows>
HWY_INLINE void multiply_tile(const PanelProduct& p, const float* a, int64_t row) {
    const FloatTag d;
    const float* b = p.panel;
    Vector sums[rows][vectors];
    for (int r = 0; r < rows; ++r)
        for (int v = 0; v < vectors; ++v) sums[r][v] = hn::Zero(d);
    for (int64_t k = 0; k < p.k; ++k, a += tile_rows, b += panel) {
        Vector right[vectors];
        for (int v = 0; v < vectors; ++v) right[v] = hn::LoadU(d, b + v * lanes);
        for (int r = 0; r < rows; ++r) {
            const auto left = hn::Set(d, a[r]);
            for (int v = 0; v < vectors; ++v) sums[r][v] = hn::MulAdd(left, right[v], sums[r][v]);
        }
    }
    for (int r = 0; r < rows; ++r) {
        const int64_t at = (row + r) * p.c.stride;
        if (p.c.type == DType::bf16)
            finish_row(p, sums[r], p.c.bf16() + at);
        else
            finish_row(p, sums[r], p.c.f32() + at);
    }
}

void multiply_panel(const PanelProduct& p) {
    const float* a = p.tiles;
    for (int64_t row = 0; row < p.c.rows; row += tile_rows, a += tile_rows * p.k) {
        switch (std::min(tile_rows, p.c.rows - row)) {
            case 1: multiply_tile<1>(p, a, row); break;
            case 2: multiply_tile<2>(p, a, row); break;
            case 3: multiply_tile<3>(p, a, row); break;
            case 4: multiply_tile<4>(p, a, row); break;
            case 5: multiply_tile<5>(p, a, row); break;
            case 6: multiply_tile<6>(p, a, row);
        }
    }
}

template <class Run>
void with_rows(const Matrix& m, Run run) {
    if (m.type == DType::bf16)
        run(HeadRows<const BFloat16>{m.bf16(), m.stride});
    else
        run(HeadRows<const float>{m.f32(), m.stride});
}

// Rows of m, or its columns, side by side for each k: `width` of them, zero where m has fewer.
void pack_rows_by_k(const Matrix& m, int64_t width, float* to) {
    with_rows(m, [&]<class T>(HeadRows<const T> from) {
        pack_transposed<T, float>(from, m.rows, width, m.cols, m.cols, reinterpret_cast<uint32_t*>(to),
                                  width);
    });
}
void pack_columns_by_k(const Matrix& m, int64_t width, float* to) {
    with_rows(m, [&]<class T>(HeadRows<const T> from) {
        pack_right<T, float>(from, m.rows, m.rows, m.cols, reinterpret_cast<uint32_t*>(to), width);
    });
}

// A panel of W's columns (inputs) from one of its rows (outputs): up to `panel` of each.
void turn_panel(const float* from, int64_t inputs, int64_t outputs, float* to) {
    transpose_words(reinterpret_cast<const uint32_t*>(from), panel, inputs, outputs,
                    reinterpret_cast<uint32_t*>(to), panel);
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace osu {

bool cpu_has_bfloat16() {
    return false;
}

namespace cpu {

HWY_EXPORT(tile_shape);
HWY_EXPORT(multiply_panel);
HWY_EXPORT(pack_rows_by_k);
HWY_EXPORT(pack_columns_by_k);
HWY_EXPORT(turn_panel);

bool has_tiles() {
    return false;
}

bool has_wide_products() {
    return false;
}

void limit_instructions() {
#ifndef HWY_COMPILE_ONLY_STATIC
    const char* wanted = std::getenv("ONEDNN_MAX_CPU_ISA");
    int64_t wider = 0;
    if (wanted && (!std::strcmp(wanted, "AVX2") || !std::strcmp(wanted, "SSE41")))
        wider |= HWY_AVX3 | HWY_AVX3_DL;
    if (wanted && !std::strcmp(wanted, "SSE41")) wider |= HWY_AVX2;
    hwy::DisableTargets(wider);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
#endif
}

namespace {

constexpr int64_t input_unit = 16;  // weights have zero inputs up to a multiple of it

struct PackedWeight final : Weight {
    std::shared_ptr<void> data;  // panel by panel
    const float* floats() const { return static_cast<const float*>(data.get()); }
};

const PackedWeight& packed(const Weight& weight) {
    return static_cast<const PackedWeight&>(weight);
}

// Of the calling thread: the packed operands of the product that it called for.
struct ThreadScratch {
    Scratch tiles, panels;
};

ThreadScratch& thread_scratch() {
    thread_local ThreadScratch scratch;
    return scratch;
}

// The tiles or panels of m's rows, or of its columns; each `width` wide.
float* pack_operand(const Matrix& m, bool by_columns, int64_t width, Scratch& scratch) {
    const int64_t count = by_columns ? m.cols : m.rows, k = by_columns ? m.rows : m.cols;
    float* to = scratch.get<float>(static_cast<size_t>(round_up(count, width) * k));
    const auto by_k =
        by_columns ? HWY_DYNAMIC_DISPATCH(pack_columns_by_k) : HWY_DYNAMIC_DISPATCH(pack_rows_by_k);
    parallel_for((count + width - 1) / width, [&](int64_t i) {
        const int64_t first = i * width, size = std::min(width, count - first);
        by_k(by_columns ? m.columns(first, size) : m.row_range(first, size), width, to + first * k);
    });
    return to;
}

// All tiles by all panels, `panel_stride` floats apart.
void multiply(const float* tiles, const float* panels, int64_t panel_stride, int64_t k, const float* bias,
              Matrix c, bool add) {
    const TileShape tile = HWY_DYNAMIC_DISPATCH(tile_shape)();
    const int64_t width = tile.columns,
                  group = 16 * tile.rows;  // rows that the caches keep while panels pass
    const int64_t across = (c.cols + width - 1) / width;
    const auto run = HWY_DYNAMIC_DISPATCH(multiply_panel);
    parallel_for_dynamic((c.rows + group - 1) / group * across, [&](int64_t i) {
        const int64_t row = i / across * group, column = i % across * width;
        const Matrix part =
            c.row_range(row, std::min(group, c.rows - row)).columns(column, std::min(width, c.cols - column));
        run({k, tiles + row * k, panels + i % across * panel_stride, bias ? bias + column : nullptr, part,
             add});
    });
}

}  // namespace

struct Products::State {
    const TileShape tile = HWY_DYNAMIC_DISPATCH(tile_shape)();
    const WeightLayout layout{DType::f32, tile.columns, input_unit};
    std::mutex mutex;
    Arena arena;  // of packed weights

    int64_t panel_stride(const Weight& weight) const { return layout.rows * round_up(weight.in, input_unit); }
};

Products::Products(DType) : state_(std::make_unique<State>()) {}

Products::~Products() = default;

std::unique_ptr<Weight> Products::make_weight(int64_t out, int64_t in) {
    auto weight = std::make_unique<PackedWeight>();
    weight->out = out;
    weight->in = in;
    const int64_t panels = (out + state_->tile.columns - 1) / state_->tile.columns;
    weight->bytes = static_cast<size_t>(panels * state_->panel_stride(*weight)) * sizeof(float);
    const std::lock_guard lock(state_->mutex);
    weight->data = state_->arena.allocate(weight->bytes);
    return weight;
}

void Products::pack(Weight& weight, Matrix master) {
    pack_weight(master, state_->layout, packed(weight).data.get());
}

void Products::forward(Matrix x, const Weight& w, const float* bias, Matrix y, bool add_to_y) {
    const float* tiles = pack_operand(x, false, state_->tile.rows, thread_scratch().tiles);
    multiply(tiles, packed(w).floats(), state_->panel_stride(w), w.in, bias, y, add_to_y);
}

void Products::input_gradient(Matrix dy, const Weight& w, Matrix dx) {
    const float* tiles = pack_operand(dy, false, state_->tile.rows, thread_scratch().tiles);
    const int64_t width = state_->tile.columns, inputs = round_up(w.in, input_unit),
                  stride = state_->panel_stride(w);
    const float* from = packed(w).floats();
    float* to = thread_scratch().panels.get<float>(static_cast<size_t>(round_up(w.in, width) * w.out));
    const auto turn = HWY_DYNAMIC_DISPATCH(turn_panel);
    parallel_for((w.in + width - 1) / width, [&](int64_t i) {
        const int64_t first = i * width;
        for (int64_t output = 0; output < w.out; output += width)
            turn(from + output / width * stride + first * width, std::min(width, inputs - first),
                 std::min(width, w.out - output), to + first * w.out + output * width);
    });
    multiply(tiles, to, width * w.out, w.out, nullptr, dx, false);
}

void Products::weight_gradient(Matrix dy, Matrix x, const LinearGradients& gradients) {
    const int64_t width = state_->tile.columns;
    const float* tiles = pack_operand(dy, true, state_->tile.rows, thread_scratch().tiles);
    const float* panels = pack_operand(x, true, width, thread_scratch().panels);
    multiply(tiles, panels, width * x.rows, x.rows, nullptr,
             {gradients.weight, DType::f32, dy.cols, x.cols, gradients.stride}, !gradients.overwrite);
}

bool Products::rows_are_independent() const {
    return true;
}

std::vector<std::string> Products::implementations() const {
    return {"highway"};
}

}  // namespace cpu

}  // namespace osu
#endif
