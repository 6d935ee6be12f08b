// What attention and its backward share, for the files that Highway compiles once a target: where one head of
// one batch row lies in the matrices, how its blocks are sized, which keys a query sees.
#if defined(OSU_OPS_CPU_ATTENTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OSU_OPS_CPU_ATTENTION_INL_H_
#undef OSU_OPS_CPU_ATTENTION_INL_H_
#else
#define OSU_OPS_CPU_ATTENTION_INL_H_
#endif

#include <cmath>

#include "ops/backend.h"
#include "ops/cpu/packing_inl.h"

HWY_BEFORE_NAMESPACE();
namespace osu::cpu::HWY_NAMESPACE {

// Keys are packed, masked and multiplied in units of 32: a row of tiles, on CPUs that have them.
constexpr int64_t key_unit = 32;

// T: the element type of the matrices; E: that of the products' operands.
template <class T, class E>
class AttentionHead {
  protected:
    AttentionHead(const AttentionShape& shape, int64_t b, int64_t head)
        : shape_(shape),
          valid_(shape.lengths ? shape.lengths[b] : shape.tokens),
          size_(shape.head_size),
          wide_(round_up(size_, 16)),
          depth_(sizeof(E) == 2 ? round_up(size_, 32) : size_),
          scale_(1 / std::sqrt(static_cast<float>(size_))),
          row0_(b * shape.tokens),
          head_(head) {}

    const AttentionShape& shape_;
    int64_t valid_, size_, wide_,
        depth_;  // tokens that exist; size_ rounded up, as a block's columns and as its depth
    float scale_;
    int64_t row0_, head_;

    // The head's columns in the row of token n; `part` 0, 1, 2 of qkv: queries, keys, values.
    T* row(const Matrix& m, int64_t part, int64_t n) const {
        return static_cast<T*>(m.data) + (row0_ + n) * m.stride + (part * shape_.heads + head_) * size_;
    }
    HeadRows<const T> rows(const Matrix& m, int64_t part, int64_t first) const {
        return {row(m, part, first), m.stride};
    }

    // The keys that query q sees: [first, last).
    int64_t first_key(int64_t q) const { return shape_.band ? std::max<int64_t>(0, q - shape_.band + 1) : 0; }
    int64_t last_key(int64_t q) const { return shape_.band ? std::min(valid_, q + shape_.band + 1) : valid_; }
};

// run(T(), E()) for matrices of `type` whose products take operands of type `element`.
template <class Run>
void with_attention_types(DType type, DType element, Run run) {
    if (type == DType::f32) return run(float(), float());
    if (element == DType::bf16) return run(BFloat16(), BFloat16());
    run(BFloat16(), float());
}

}  // namespace osu::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
