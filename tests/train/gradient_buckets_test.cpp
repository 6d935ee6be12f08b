// Two ranks as threads: every gradient is summed once, in buckets, on every backend.
#include "train/gradient_buckets.h"

#include <numeric>

#include <gtest/gtest.h>

#include "support/backends.h"
#include "support/thread_ranks.h"

namespace osu {
namespace {

constexpr size_t all = 1000, bucket = 150;
constexpr LabelRows table{100, 20 * 10, 10, 4};

// What rank `rank` has; in the table rows 3, 7 and 19 alone.
std::vector<float> gradients_of(int rank) {
    std::vector<float> values(all);
    std::iota(values.begin(), values.end(), 1.0f + 1000 * static_cast<float>(rank));
    for (size_t row = 0; row < 20; ++row)
        if (row != 3 && row != 7 && row != 19)
            std::fill_n(values.begin() + static_cast<int64_t>(table.offset + row * table.width), table.width,
                        0.0f);
    return values;
}

// The sums of the one that it stands before, and a list of them.
class ListedSums final : public RankSums {
  public:
    explicit ListedSums(RankSums& sums) : sums_(sums) {}
    void start(float* values, size_t count) override {
        begun.push_back({values, count});
        sums_.start(values, count);
    }
    void finish() override { sums_.finish(); }
    void share(StepTotals* totals) override { sums_.share(totals); }
    bool is_recordable() const override { return sums_.is_recordable(); }
    const char* name() const override { return sums_.name(); }

    std::vector<std::pair<float*, size_t>> begun;

  private:
    RankSums& sums_;
};

void sum_and_compare(Communicator& ranks, Backend& backend, Distribution distribution) {
    const auto sums = make_rank_sums(distribution, ranks, backend);
    ListedSums listed(*sums);
    const auto memory = backend.allocate(all * sizeof(float) + sizeof(StepTotals));
    auto* const gradients = static_cast<float*>(memory.get());
    GradientBuckets buckets(listed, backend, gradients, table, bucket);
    std::vector<float> expected = gradients_of(0), values(all);
    for (size_t i = 0; i < all; ++i) expected[i] += gradients_of(1)[i];
    const auto recording = backend.make_recording();
    for (int round = 0; round < 3; ++round) {
        listed.begun.clear();
        const std::vector<float> mine = gradients_of(ranks.rank());
        backend.upload(gradients, mine.data(), all * sizeof(float));
        buckets.touch(std::vector<int32_t>{3, 7, 19});
        // As a backward does: blocks downwards, then what stands behind them, then the embedders with the
        // table.
        const auto backward = [&] {
            for (const auto& [first, count] :
                 std::vector<std::pair<size_t, size_t>>{{700, 100}, {600, 100}, {400, 200}, {800, 200}})
                buckets.complete(first, count);
            EXPECT_EQ(listed.begun.size(), 3u) << "while the backward runs";
            buckets.complete(0, 400);
            buckets.all_complete();
        };
        if (buckets.is_recordable())
            recording->run(backward);
        else
            backward();
        backend.download(values.data(), gradients, all * sizeof(float));
        EXPECT_EQ(values, expected) << "round " << round << ", " << sums->name();
        if (round == 2 && buckets.is_recordable()) continue;  // the recording's: nobody is told
        size_t summed = 0;
        for (const auto& [address, count] : listed.begun) summed += count;
        EXPECT_EQ(summed, all - table.count + static_cast<size_t>(table.most) * table.width);
    }
    StepTotals totals{1.5 + ranks.rank(), 10.0 + ranks.rank()};
    auto* const shared = reinterpret_cast<StepTotals*>(gradients + all);
    backend.upload(shared, &totals, sizeof totals);
    sums->share(shared);
    backend.download(&totals, shared, sizeof totals);
    EXPECT_EQ(totals.loss, 4.0);
    EXPECT_EQ(totals.squared_norm, 10.0) << "rank 0's";
}

class GradientBucketsTest : public testing::TestWithParam<test::BackendCase> {};

TEST_P(GradientBucketsTest, EveryGradientIsSummedOnceAndOnlyTouchedRowsOfTheTable) {
    test::on_ranks(2, [](Communicator& ranks) {
        const auto backend = GetParam().make();
        sum_and_compare(ranks, *backend, Distribution::mpi);
#ifndef OSU_CUDA  // one GPU cannot be two ranks
        sum_and_compare(ranks, *backend, Distribution::automatic);
#endif
    });
}

INSTANTIATE_TEST_SUITE_P(Backends, GradientBucketsTest, testing::ValuesIn(test::all_backends()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace osu
