// What is the CUDA backend's alone: products that cuBLASLt has nothing for, and the errors of a GPU.
#if defined(OSU_CUDA) || defined(OSU_EMULATED_CUDA)

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "base/error.h"
#include "base/profile.h"
#include "ops/compare.h"
#include "ops/cuda/gpus.h"

#ifdef OSU_EMULATED_CUDA
namespace osu::emulation {

// From now on only products without epilogue are found (1), or none at all (2); or they are found, and then
// only those without epilogue are done (3), or none at all (4). 0: all.
void forget_products(int which);
// From now on there is no GPU, as the driver has it.
void hide_gpu(bool hide);
// From now on streams beside the operations' own run at once; else as late as they may.
void make_hasty(bool hasty);

}  // namespace osu::emulation
#endif

namespace osu::test {
namespace {

TEST(CudaDevice, IsNamedAndMissed) {
    if (cuda::device_count() == 0) {
        EXPECT_THROW(cuda::make_backend(DType::f32, 0), Error);
        GTEST_SKIP() << "no GPU";
    }
    EXPECT_NE(cuda::device_name(0).find("GiB"), std::string::npos);
    EXPECT_THROW(cuda::make_backend(DType::f32, cuda::device_count()), Error);
    EXPECT_THROW(cuda::make_backend(DType::f32, -1), Error);
}

#ifdef OSU_EMULATED_CUDA
TEST(CudaDevice, TheDriversReasonIsTold) {
    EXPECT_EQ(cuda::find_devices().missing, "");
    emulation::hide_gpu(true);
    EXPECT_EQ(cuda::device_count(), 0);
    try {
        cuda::make_backend(DType::f32, 0);
        ADD_FAILURE() << "a GPU was there";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("no CUDA-capable device"), std::string::npos)
            << error.what();
    }
    emulation::hide_gpu(false);
}
#endif

TEST(CudaDevice, TooLittleMemoryIsAnError) {
    if (cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
    const auto backend = cuda::make_backend(DType::f32, 0);
    try {
        backend->allocate(size_t{1} << 50);
        FAIL() << "a pebibyte was there";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("memory"), std::string::npos) << error.what();
        EXPECT_FALSE(error.hint().empty());
    }
    EXPECT_TRUE(backend->allocate(1000)) << "goes on afterwards";
}

TEST(CudaDevice, LimitsAreErrors) {
    if (cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
    const auto backend = cuda::make_backend(DType::f32, 0);
    tensor_backend() = backend.get();
    Tensor qkv(2, 3 * 320), out(2, 320), x(2, 4100), y(2, 4100), modulation(1, 4100);
    EXPECT_THROW(backend->attention({qkv.own(), {1, 2, 1, 320, 0, nullptr}, out.own()}), Error);
    EXPECT_THROW(
        backend->residual_norm({{}, {modulation.own(), modulation.own()}, x.own(), {}}, x.own(), y.own()),
        Error);
    tensor_backend() = nullptr;
}

// More than there are places for on the way, of all sizes: nothing is overtaken.
void expect_uploads_in_order() {
    constexpr size_t most = 5000, uploads = 60;
    const auto backend = cuda::make_backend(DType::f32, 0);
    const auto memory = backend->allocate(most * sizeof(float)),
               kept = backend->allocate(uploads * most * sizeof(float));
    const auto count_of = [](size_t i) { return i < 20 ? most : 1 + i * 997 % most; };
    for (size_t i = 0; i < uploads; ++i) {
        const std::vector<float> values(count_of(i), static_cast<float>(i));
        backend->upload(memory.get(), values.data(), values.size() * sizeof(float));
        const Matrix all{memory.get(), DType::f32, 1, most, most};
        backend->cast(all, {static_cast<float*>(kept.get()) + i * most, DType::f32, 1, most, most});
    }
    std::vector<float> result(uploads * most), expected(most);
    backend->download(result.data(), kept.get(), result.size() * sizeof(float));
    for (size_t i = 0; i < uploads; ++i) {
        std::fill_n(expected.begin(), count_of(i), static_cast<float>(i));
        ASSERT_TRUE(std::equal(expected.begin(), expected.end(), result.data() + i * most)) << i;
    }
}

TEST(CudaDevice, UploadsComeInTheirOrder) {
    if (cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
    expect_uploads_in_order();
#ifdef OSU_EMULATED_CUDA
    emulation::make_hasty(true);
    expect_uploads_in_order();
    emulation::make_hasty(false);
#endif
}

// Asking whether something is there, when it is not, is no error of what comes next. And a profile sees each
// operation, also of a recording.
TEST(CudaDevice, IsAskedAndTimed) {
    if (cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
    const Profile profile(true);
    const auto backend = cuda::make_backend(DType::bf16, 0);
    tensor_backend() = backend.get();
    Tensor master(1, 64 * 32, DType::f32, 0, 1), x(80, 32, DType::bf16, 0, 2), y(80, 64, DType::bf16);
    const auto weight = backend->make_weight(64, 32);
    backend->pack(*weight, master.floats(), 32);
    const auto recording = backend->make_recording();
    const auto readback = backend->make_readback(sizeof(float));
    for (int i = 0; i < 4; ++i) {
        recording->run([&] { backend->linear(x.own(), *weight, nullptr, y.own()); });
        readback->start(master.floats());
        static_cast<void>(readback->ready());
    }
    readback->wait();
    const std::vector<float> large(2100 * 2100);  // its upload waits within what is timed
    backend->pack_from_host(*backend->make_weight(2100, 2100),
                            {const_cast<float*>(large.data()), DType::f32, 2100, 2100, 2100});
    backend->wait();
    const std::string table = profile.table();
    const size_t device = table.find("on the device");
    ASSERT_NE(device, std::string::npos) << table;
    const size_t linear = table.find("\nlinear", device);
    ASSERT_NE(linear, std::string::npos) << table;
    EXPECT_EQ(std::atoi(table.c_str() + linear + 7), 4) << table;
    EXPECT_NE(table.find("\npacking", device), std::string::npos) << table;
    tensor_backend() = nullptr;
}

// Who brings a bias in bfloat16 gets that one where the result is, and no other.
TEST(CudaDevice, TakesRoundedBiasesAsTheyCome) {
    if (cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
    const auto backend = cuda::make_backend(DType::bf16, 0);
    tensor_backend() = backend.get();
    constexpr int64_t rows = 20, width = 64;
    Tensor zeros(width, width, DType::f32, 0, 1, 0), x(rows, width, DType::bf16),
        values(1, width, DType::f32, 0, 2), rounded(1, width, DType::bf16, 0, 3), y(rows, width, DType::bf16),
        wide(rows, width);
    const auto weight = backend->make_weight(width, width);
    backend->pack(*weight, zeros.floats(), width);
    const Bias bias{values.floats(), rounded.own().bf16()};
    backend->linear(x.own(), *weight, bias, y.own());
    backend->linear(x.own(), *weight, bias, wide.own());
    for (size_t i = 0; i < rows * width; ++i) {
        ASSERT_EQ(y.get(i), rounded.get(i % width)) << i;
        ASSERT_EQ(wide.get(i), values.get(i % width)) << i;
    }
    tensor_backend() = nullptr;
}

// What cannot be captured is done all the same, now and later.
TEST(CudaDevice, GoesOnWithoutGraphs) {
    if (cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
    const auto backend = cuda::make_backend(DType::f32, 0);
    tensor_backend() = backend.get();
    Tensor x(3, 40), sum(3, 40, DType::f32, 0, 2), master(40, 40, DType::f32, 0, 3);
    const auto weight = backend->make_weight(40, 40);
    backend->pack(*weight, master.floats(), 40);
    const auto run = [&](bool waits) {
        Tensor result = sum;
        const auto recording = backend->make_recording();
        for (int i = 0; i < 4; ++i)
            recording->run([&] {
                backend->linear_add(x.own(), *weight, result.own());
                if (waits) backend->wait();
            });
        return result.bytes();
    };
    const auto expected = run(false);
    testing::internal::CaptureStderr();
    EXPECT_EQ(run(true), expected);
    EXPECT_EQ(run(true), expected);
    const std::string told = testing::internal::GetCapturedStderr();
    EXPECT_NE(told.find("notice: "), std::string::npos) << told;
    EXPECT_EQ(told.find("notice: "), told.rfind("notice: ")) << "told once: " << told;
    tensor_backend() = nullptr;
}

// One process alone: what NCCL makes of its own values are these values, also in a recording.
TEST(CudaDevice, SumsOverItselfAlone) {
    if (cuda::device_count() == 0) GTEST_SKIP() << "no GPU";
    const auto backend = cuda::make_backend(DType::f32, 0);
    if (!backend->has_sums()) GTEST_SKIP() << "no NCCL";
    tensor_backend() = backend.get();
    Tensor x(7, 1000), seen(7, 1000, DType::f32, 0, 2);
    OnDevice<double> totals(std::vector<double>{1, 2.5, -3});
    const auto sums = backend->make_sums(backend->make_sums_key(), 0, 1);
    const auto recording = backend->make_recording();
    const std::vector<std::byte> before = x.bytes();
    for (int i = 0; i < 4; ++i) {
        recording->run([&] {
            sums->start(x.floats(), 7000);
            sums->start(totals.changeable(), 3);
            sums->finish();
            backend->cast(x.own(), seen.own());
        });
        sums->check();
        EXPECT_EQ(x.bytes(), before) << i;
        EXPECT_EQ(seen.bytes(), before) << i;
        EXPECT_EQ(totals.host(), (std::vector<double>{1, 2.5, -3})) << i;
    }
    tensor_backend() = nullptr;
}

#ifdef OSU_EMULATED_CUDA
class WithoutProducts : public testing::TestWithParam<std::tuple<DType, int>> {
  protected:
    WithoutProducts() {
        tensor_backend() = own.get();
        emulation::forget_products(std::get<1>(GetParam()));
    }
    ~WithoutProducts() override {
        emulation::forget_products(0);
        tensor_backend() = nullptr;
    }
    DType type = std::get<0>(GetParam());
    double bound = tolerance(type);
    std::unique_ptr<Backend> own = cuda::make_backend(type, 0), reference = make_reference_backend();
};

TEST_P(WithoutProducts, LinearLayersAreTheSame) {
    constexpr int64_t rows = 150, in = 40, out = 56;
    Tensor master(1, out * in, DType::f32, 0, 1, 0.2f), bias(1, out), x(rows, in, type, 2),
        y(rows, out, type, 3), pre = y, dy(rows, out, type, 0, 2), dx(rows, in, type, 1),
                               dw(out, in, DType::f32, 4, 3), dbias(1, out, DType::f32, 0, 4),
                               sum(rows, out, DType::f32, 1);
    const auto own_weight = own->make_weight(out, in), weight = reference->make_weight(out, in);
    const auto run = [&](Backend& backend, Weight& w, auto matrix, auto floats) {
        backend.pack(w, floats(master), in);
        backend.linear(matrix(x), w, floats(bias), matrix(y));
        backend.linear_gelu(matrix(x), w, floats(bias), matrix(pre), matrix(y));
        backend.linear_add(matrix(x), w, matrix(sum));
        backend.linear_backward(matrix(dy), matrix(x), w, matrix(dx), {floats(dw), in + 4, floats(dbias)});
    };
    run(
        *own, *own_weight, [](Tensor& t) { return t.own(); }, [](Tensor& t) { return t.floats(); });
    run(
        *reference, *weight, [](Tensor& t) { return t.reference(); },
        [](Tensor& t) { return t.reference_floats(); });
    pre.expect_equal(bound, "pre");
    y.expect_equal(bound, "y");
    sum.expect_equal(bound, "sum");
    dx.expect_equal(bound, "dx");
    dw.expect_equal(bound, "dw");
    dbias.expect_equal(bound, "dbias");
}

INSTANTIATE_TEST_SUITE_P(Cuda, WithoutProducts,
                         testing::Combine(testing::Values(DType::f32, DType::bf16),
                                          testing::Values(1, 2, 3, 4)),
                         [](const auto& info) {
                             return "cuda_" + std::string(name_of(std::get<0>(info.param))) +
                                    (std::get<1>(info.param) % 2 == 1 ? "_unfused" : "_plain") +
                                    (std::get<1>(info.param) > 2 ? "_at_last" : "");
                         });
#endif

}  // namespace
}  // namespace osu::test

#endif
