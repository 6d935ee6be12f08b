// The linear products, through oneDNN: y = x·Wᵀ with packed weights, and their gradients. Primitives are made
// once for every shape and kept; all calls are safe from several threads. Where the CPU has no fast bfloat16,
// products of a bfloat16 network are computed in float32.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ops/backend.h"

namespace osu::cpu {

class Products {
  public:
    explicit Products(DType compute);
    ~Products();

    std::unique_ptr<Weight> make_weight(int64_t out, int64_t in, bool trains);
    void pack(Weight& weight, Matrix master);  // master (out, in), float32 or bfloat16

    // y = x·Wᵀ + bias, or y += x·Wᵀ + bias.
    void forward(Matrix x, const Weight& weight, const float* bias, Matrix y, bool add);
    void input_gradient(Matrix dy, const Weight& weight, Matrix dx);
    // dw += dyᵀ·x
    void weight_gradient(Matrix dy, Matrix x, float* dw, int64_t dw_stride);

    // What oneDNN computes the products so far with, such as "brgemm:avx512_core_bf16"; a name for each.
    std::vector<std::string> implementations() const;

    struct State;

  private:
    std::unique_ptr<State> state_;
};

}  // namespace osu::cpu
