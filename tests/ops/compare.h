// One test body for every type: a tensor that the CPU backend holds in its type and the reference in float32.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "ops/backend.h"
#include "support/reference_backend.h"

namespace osu::test {

inline double tolerance(DType type) {
    return type == DType::bf16 ? 2e-2 : 1e-5;
}

class Tensor {
  public:
    // Normal values rounded to `type`; `gap` more elements between the rows, which nobody may touch.
    Tensor(int64_t rows, int64_t cols, DType type = DType::f32, int64_t gap = 0, uint64_t seed = 1,
           float deviation = 1)
        : rows_(rows),
          cols_(cols),
          stride_(cols + gap),
          type_(type),
          values_(rows * stride_),
          memory_(values_.size() * size_of(type) + 64) {
        Philox(seed, static_cast<uint64_t>(rows * 131 + cols)).fill_normal(values_);
        for (float& v : values_)
            v = type == DType::bf16 ? to_float(to_bfloat16(v * deviation)) : v * deviation;
        for (size_t i = 0; i < values_.size(); ++i) set(i, values_[i]);
    }

    Matrix own() { return {memory_.data(), type_, rows_, cols_, stride_}; }
    Matrix reference() { return {values_.data(), DType::f32, rows_, cols_, stride_}; }
    float* floats() { return reinterpret_cast<float*>(memory_.data()); }
    float* reference_floats() { return values_.data(); }

    // The backend's entries equal the reference's within `bound`, relative to the largest of them.
    void expect_equal(double bound, const std::string& what) const {
        double largest = 1e-30, worst = 0;
        int64_t where = 0;
        for (size_t i = 0; i < values_.size(); ++i) {
            if (static_cast<int64_t>(i) % stride_ >= cols_) {
                ASSERT_EQ(get(i), values_[i]) << what << ": the gap behind a row was written";
                continue;
            }
            largest = std::max(largest, std::abs(double{values_[i]}));
            const double error = std::abs(double{get(i)} - values_[i]);
            if (error > worst || std::isnan(error)) worst = error, where = static_cast<int64_t>(i);
            if (std::isnan(error)) break;
        }
        EXPECT_LE(worst / largest, bound)
            << what << " at row " << where / stride_ << ", column " << where % stride_ << ": " << get(where)
            << " instead of " << values_[where];
    }

    float get(size_t i) const {
        if (type_ == DType::bf16) return to_float(reinterpret_cast<const BFloat16*>(memory_.data())[i]);
        return reinterpret_cast<const float*>(memory_.data())[i];
    }
    void set(size_t i, float value) {
        if (type_ == DType::bf16)
            reinterpret_cast<BFloat16*>(memory_.data())[i] = to_bfloat16(value);
        else
            reinterpret_cast<float*>(memory_.data())[i] = value;
    }
    const std::vector<std::byte>& bytes() const { return memory_; }

  private:
    int64_t rows_, cols_, stride_;
    DType type_;
    std::vector<float> values_;
    std::vector<std::byte> memory_;
};

// Both backends, for a test that runs once a compute type.
class BothBackends : public testing::TestWithParam<DType> {
  protected:
    DType type = GetParam();
    double bound = tolerance(type);
    std::unique_ptr<Backend> own = make_cpu_backend(type), reference = make_reference_backend();
};

inline std::string type_name(const testing::TestParamInfo<DType>& info) {
    return std::string(name_of(info.param));
}

#define INSTANTIATE_FOR_TYPES(suite) \
    INSTANTIATE_TEST_SUITE_P(Types, suite, testing::Values(DType::f32, DType::bf16), type_name)

}  // namespace osu::test
