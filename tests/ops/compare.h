// One test body for every backend and type: a tensor that the backend holds in its type and the reference in
// float32.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "support/backends.h"

namespace osu::test {

inline double tolerance(DType type) {
    return type == DType::bf16 ? 2e-2 : 1e-5;
}

// The backend whose memory the tensors of a test are in; host memory without one.
inline Backend*& tensor_backend() {
    static Backend* backend = nullptr;
    return backend;
}

// OSU_TEST_SEED in the environment: other values than those that are always the same.
inline uint64_t drawn_anew() {
    static const char* const text = std::getenv("OSU_TEST_SEED");
    static const uint64_t seed = text ? std::strtoull(text, nullptr, 10) << 8 : 0;
    return seed;
}

// Values in the memory of the backend under test.
template <class T>
class OnDevice {
  public:
    explicit OnDevice(const std::vector<T>& values)
        : count_(values.size()), memory_(tensor_backend()->allocate(count_ * sizeof(T))) {
        tensor_backend()->upload(memory_.get(), values.data(), count_ * sizeof(T));
    }
    const T* data() const { return static_cast<const T*>(memory_.get()); }
    T* changeable() { return static_cast<T*>(memory_.get()); }
    std::vector<T> host() const {
        std::vector<T> values(count_);
        tensor_backend()->download(values.data(), data(), count_ * sizeof(T));
        return values;
    }
    std::span<const T> span() const { return {data(), count_}; }

  private:
    size_t count_;
    std::shared_ptr<void> memory_;
};

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
          host_(values_.size() * size_of(type)) {
        Philox(seed + drawn_anew(), static_cast<uint64_t>(rows * 131 + cols)).fill_normal(values_);
        for (float& v : values_)
            v = type == DType::bf16 ? to_float(to_bfloat16(v * deviation)) : v * deviation;
        for (size_t i = 0; i < values_.size(); ++i) set(i, values_[i]);
    }
    Tensor(const Tensor& other) { *this = other; }
    Tensor& operator=(const Tensor& other) {
        rows_ = other.rows_, cols_ = other.cols_, stride_ = other.stride_, type_ = other.type_;
        values_ = other.values_;
        host_ = other.bytes();
        device_.reset();
        newest_ = Newest::host;
        return *this;
    }

    Matrix own() { return {on_device(), type_, rows_, cols_, stride_}; }
    Matrix reference() { return {values_.data(), DType::f32, rows_, cols_, stride_}; }
    Matrix host() { return {host_.data(), type_, rows_, cols_, stride_}; }
    float* floats() { return static_cast<float*>(on_device()); }
    float* reference_floats() { return values_.data(); }

    // The backend's entries equal the reference's within `bound`, relative to the largest of them (or, for
    // sums that may cancel, to the size of what they are of).
    void expect_equal(double bound, const std::string& what, double of = 1e-30) const {
        double largest = of, worst = 0;
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
        fetch();
        if (type_ == DType::bf16) return to_float(reinterpret_cast<const BFloat16*>(host_.data())[i]);
        return reinterpret_cast<const float*>(host_.data())[i];
    }
    void set(size_t i, float value) {
        fetch();
        newest_ = Newest::host;
        if (type_ == DType::bf16)
            reinterpret_cast<BFloat16*>(host_.data())[i] = to_bfloat16(value);
        else
            reinterpret_cast<float*>(host_.data())[i] = value;
    }
    const std::vector<std::byte>& bytes() const {
        fetch();
        return host_;
    }

  private:
    enum class Newest { host, device, both };

    int64_t rows_ = 0, cols_ = 0, stride_ = 0;
    DType type_ = DType::f32;
    std::vector<float> values_;
    mutable std::vector<std::byte> host_;
    std::shared_ptr<void> device_;
    mutable Newest newest_ = Newest::host;

    // Whoever asks for the device's memory may write there.
    void* on_device() {
        if (!tensor_backend()) return host_.data();
        if (!device_) device_ = tensor_backend()->allocate(host_.size());
        if (newest_ == Newest::host) tensor_backend()->upload(device_.get(), host_.data(), host_.size());
        newest_ = Newest::device;
        return device_.get();
    }
    void fetch() const {
        if (newest_ != Newest::device) return;
        tensor_backend()->download(host_.data(), device_.get(), host_.size());
        newest_ = Newest::both;
    }
};

// The backend under test and the reference, for a test that runs once for every backend and type.
class BothBackends : public testing::TestWithParam<BackendCase> {
  protected:
    BothBackends() { tensor_backend() = own.get(); }
    ~BothBackends() override { tensor_backend() = nullptr; }

    std::unique_ptr<Backend> own = GetParam().make(), reference = make_reference_backend();
    DType type = own->compute_type();
    double bound = tolerance(type);
};

#define INSTANTIATE_FOR_BACKENDS(suite)                                           \
    INSTANTIATE_TEST_SUITE_P(Backends, suite, testing::ValuesIn(fast_backends()), \
                             [](const auto& info) { return info.param.name; })

}  // namespace osu::test
