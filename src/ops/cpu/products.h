// The products of the linear layers, which one of two files fills: onednn_products.cpp, or
// highway_products.cpp in a build without oneDNN (OSU_ONEDNN=OFF). All calls are safe from several threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ops/backend.h"

namespace osu::cpu {

class Products {
  public:
    explicit Products(DType compute);  // of the network
    ~Products();

    // Shapes, types and masters as Backend has them.
    std::unique_ptr<Weight> make_weight(int64_t out, int64_t in);
    void pack(Weight& weight, Matrix master);
    // y = x·Wᵀ + bias, or y += x·Wᵀ + bias; bias (out) or null.
    void forward(Matrix x, const Weight& w, const float* bias, Matrix y, bool add_to_y);
    void input_gradient(Matrix dy, const Weight& w, Matrix dx);  // dx = dy·W
    // That of the weight alone: += (or =) dyᵀ·x.
    void weight_gradient(Matrix dy, Matrix x, const LinearGradients& gradients);

    bool rows_are_independent() const;
    // What the products so far were computed with, such as "brgemm:avx512_core_bf16"; a name for each.
    std::vector<std::string> implementations() const;

  private:
    struct State;
    const std::unique_ptr<State> state_;
};

// Own loops use no wider instructions than the products: ONEDNN_MAX_CPU_ISA=AVX2 holds both back.
void limit_instructions();

// What the products are computed with.
bool has_tiles();          // AMX
bool has_wide_products();  // AVX-512: oneDNN has products for packed weights

}  // namespace osu::cpu
