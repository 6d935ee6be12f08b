#include "train/gradient_buckets.h"

#include <numeric>

#include <gtest/gtest.h>

namespace osu {
namespace {

// Two ranks that have the same gradients: a sum doubles them, when it is waited for.
class TwinCommunicator : public Communicator {
  public:
    TwinCommunicator() : Communicator(0, 2) {}
    void start_sum(float* values, size_t count) override { begun.push_back({values, count}); }
    void finish_sums() override {
        for (const auto& [values, count] : begun)
            for (size_t i = 0; i < count; ++i) values[i] *= 2;
    }
    std::vector<double> gather(std::span<const double>) override { return {}; }
    void sign_of_life() override {}
    void expect_silence() override {}
    [[noreturn]] void give_up(const std::exception&) override { throw; }

    std::vector<std::pair<float*, size_t>> begun;
};

class GradientBucketsTest : public testing::TestWithParam<bool> {};

TEST_P(GradientBucketsTest, EveryGradientIsSummedOnceAndOnlyTouchedRowsOfTheTable) {
    const bool on_host = GetParam();
    constexpr size_t table = 100, width = 10, rows = 20;
    std::vector<float> gradients(1000);
    std::iota(gradients.begin(), gradients.end(), 1.0f);
    std::fill_n(gradients.begin() + table, rows * width, 0.0f);
    const std::vector<int32_t> touched{3, 7, 19};
    for (const int32_t row : touched) std::fill_n(gradients.begin() + table + row * width, width, 5.0f);
    std::vector<float> expected(gradients);
    for (float& value : expected) value *= 2;

    TwinCommunicator ranks;
    const auto backend = make_cpu_backend(DType::f32);
    GradientBuckets buckets(ranks, *backend, gradients.data(), gradients.size(), on_host, 150);
    buckets.start({table, rows * width, width, touched});
    // As a backward does: blocks downwards, then what stands behind them, then the embedders with the table.
    for (const auto& [first, count] :
         std::vector<std::pair<size_t, size_t>>{{700, 100}, {600, 100}, {400, 200}, {800, 200}})
        buckets.add(first, count);
    EXPECT_EQ(ranks.begun.size(), 3u) << "while the backward runs";
    buckets.add(0, 400);
    buckets.finish();
    EXPECT_EQ(gradients, expected);
    size_t summed = 0;
    for (const auto& [values, count] : ranks.begun) {
        EXPECT_LT(count, 2 * 150u);
        const bool in_place = values >= gradients.data() && values < gradients.data() + gradients.size();
        EXPECT_TRUE(!in_place || on_host) << "only the host's memory is summed";
        summed += count;
    }
    EXPECT_EQ(summed, 1000 - rows * width + touched.size() * width);
}

INSTANTIATE_TEST_SUITE_P(Memory, GradientBucketsTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "host" : "device"; });

}  // namespace
}  // namespace osu
