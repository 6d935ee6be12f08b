#include "train/rank_communicator.h"

#include <array>

#include <gtest/gtest.h>

#include "base/random.h"
#include "support/thread_ranks.h"

namespace osu {
namespace {

using test::on_ranks;

std::vector<float> values_of(int rank, size_t count) {
    std::vector<float> values(count);
    Philox(5, static_cast<uint64_t>(rank)).fill_normal(values);
    return values;
}

// To the last bit, in the order of ranks, whatever the lengths.
TEST(RankCommunicator, SumsAreAddedInTheOrderOfRanks) {
    for (const int size : {2, 3, 5}) {
        on_ranks(size, [&](RankCommunicator& ranks) {
            const std::vector<size_t> counts{0, 1, 15, 17, 100, 5000, 100003};
            std::vector<std::vector<float>> mine;
            for (const size_t count : counts) mine.push_back(values_of(ranks.rank(), count));
            for (auto& values : mine) ranks.start_sum(values.data(), values.size());
            ranks.finish_sums();
            for (size_t i = 0; i < counts.size(); ++i) {
                std::vector<float> expected(counts[i]);
                for (int rank = 0; rank < size; ++rank) {
                    const auto addend = values_of(rank, counts[i]);
                    for (size_t k = 0; k < counts[i]; ++k) expected[k] += addend[k];
                }
                EXPECT_TRUE(mine[i] == expected) << counts[i] << " floats of " << size << " ranks";
            }
        });
    }
}

TEST(RankCommunicator, EveryRankHearsOfAll) {
    on_ranks(4, [](RankCommunicator& ranks) {
        EXPECT_EQ(ranks.size(), 4);
        for (int round = 0; round < 20; ++round) {
            const std::vector<double> all = ranks.gather(std::array{1.0 * ranks.rank(), 100.0 * round});
            for (size_t rank = 0; rank < 4; ++rank) {
                EXPECT_EQ(all[2 * rank], rank);
                EXPECT_EQ(all[2 * rank + 1], 100.0 * round);
            }
        }
        ranks.barrier();
    });
}

}  // namespace
}  // namespace osu
