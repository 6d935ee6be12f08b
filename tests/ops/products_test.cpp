// Which of oneDNN's implementations the products of a network get: its general one, "gemm:jit", and "ref" are
// several times slower than those for packed weights where the CPU has those.
#include "ops/cpu/products.h"

#include <gtest/gtest.h>

#include "base/parallel.h"
#include "ops/cpu/backend.h"

namespace osu {
namespace {

// (out, in) of a network of hidden size h: its blocks, embeddings, modulations and last layer.
std::vector<std::pair<int64_t, int64_t>> layers(int64_t h) {
    return {{3 * h, h}, {h, h}, {4 * h, h}, {h, 4 * h}, {6 * h, h}, {h, 528}, {h, 256}, {h, 272}, {4, h}};
}

TEST(Products, NoneTakesTheSlowWay) {
    for (const DType type : {DType::f32, DType::bf16}) {
        if (!cpu::has_wide_products()) GTEST_SKIP() << "oneDNN has nothing better on this CPU";
        cpu::CpuBackend backend(type);
        const bool narrow = type == DType::bf16 && cpu_has_bfloat16();
        for (const int64_t h : {256, 384, 768})
            for (const auto& [out, in] : layers(h))
                for (const int64_t rows : {1, 25, 300, 2048}) {
                    const auto weight = backend.make_weight(out, in);
                    const DType element = narrow ? DType::bf16 : DType::f32;
                    std::vector<float> x(static_cast<size_t>(rows * in)), y(static_cast<size_t>(rows * out)),
                        dw(static_cast<size_t>(out * in)), bias(static_cast<size_t>(out));
                    const Matrix xs{x.data(), element, rows, in, in}, ys{y.data(), element, rows, out, out};
                    backend.linear(xs, *weight, bias.data(), ys);
                    if (rows < 128) continue;
                    backend.linear_backward(ys, {}, *weight, xs, {}, {});
                    // Without tiles the general one is faster here: 410 against 370 GFLOP/s (Zen 5,
                    // bfloat16).
                    if (cpu::has_tiles())
                        backend.linear_backward(ys, xs, *weight, {}, {dw.data(), in, nullptr}, {});
                }
        for (const std::string& name : backend.product_implementations()) {
            EXPECT_EQ(name.find("gemm:jit"), std::string::npos) << name_of(type);
            EXPECT_EQ(name.find("ref"), std::string::npos) << name_of(type);
            EXPECT_NE(name.find("brgemm"), std::string::npos) << name << ", " << name_of(type);
        }
    }
}

}  // namespace
}  // namespace osu
