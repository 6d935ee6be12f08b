// Ranks as threads, over a transport of queues.
#include "train/rank_communicator.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "base/random.h"

namespace osu {
namespace {

// Messages by sender, receiver and tag.
struct Post {
    std::mutex mutex;
    std::map<std::tuple<int, int, int>, std::deque<std::vector<std::byte>>> messages;
};

class PostTransport : public Transport {
  public:
    PostTransport(int rank, int size, Post& post) : rank_(rank), size_(size), post_(post) {
        for (int i = 0; i < size; ++i) names_.push_back("rank " + std::to_string(i));
    }
    int rank() const override { return rank_; }
    int size() const override { return size_; }
    int rank_here() const override { return rank_; }
    int ranks_here() const override { return size_; }
    const std::string& name(int rank) const override { return names_[static_cast<size_t>(rank)]; }

    Request send(int to, int tag, const void* data, size_t bytes) override {
        const auto* first = static_cast<const std::byte*>(data);
        const std::lock_guard lock(post_.mutex);
        post_.messages[{rank_, to, tag}].emplace_back(first, first + bytes);
        return 0;
    }
    Request receive(int from, int tag, void* data, size_t bytes) override {
        waiting_[++last_] = {from, tag, data, bytes};
        return last_;
    }
    bool done(Request request) override {
        if (request == 0) return true;
        const Receipt receipt = waiting_.at(request);
        for (const auto& [earlier, other] : waiting_)
            if (earlier < request && other.from == receipt.from && other.tag == receipt.tag) return false;
        const std::lock_guard lock(post_.mutex);
        auto& queue = post_.messages[{receipt.from, rank_, receipt.tag}];
        if (queue.empty()) return false;
        EXPECT_EQ(queue.front().size(), receipt.bytes);
        std::copy(queue.front().begin(), queue.front().end(), static_cast<std::byte*>(receipt.data));
        queue.pop_front();
        waiting_.erase(request);
        return true;
    }
    [[noreturn]] void abort() override {
        ADD_FAILURE() << "aborted";
        std::abort();
    }

  private:
    struct Receipt {
        int from, tag;
        void* data;
        size_t bytes;
    };
    const int rank_, size_;
    Post& post_;
    std::vector<std::string> names_;
    std::map<Request, Receipt> waiting_;
    Request last_ = 0;
};

template <class Body>
void on_ranks(int size, Body&& body) {
    Post post;
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size; ++rank)
        threads.emplace_back([&, rank] {
            RankCommunicator ranks([&] { return std::make_unique<PostTransport>(rank, size, post); }, 30);
            body(ranks);
        });
    for (std::thread& thread : threads) thread.join();
}

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
