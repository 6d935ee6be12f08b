// Ranks as threads of one process, over a transport of queues.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>

#include <gtest/gtest.h>

#include "train/rank_communicator.h"

namespace osu::test {

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

class ThreadRank final : public RankCommunicator {
  public:
    using RankCommunicator::RankCommunicator;
    [[noreturn]] void give_up(const std::exception&) override {
        gave_up = true;
        throw;
    }
    bool gave_up = false;
};

// body(communicator) on so many threads.
template <class Body>
void on_ranks(int size, Body&& body) {
    Post post;
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size; ++rank)
        threads.emplace_back([&, rank] {
            ThreadRank ranks([&] { return std::make_unique<PostTransport>(rank, size, post); }, 30);
            body(ranks);
        });
    for (std::thread& thread : threads) thread.join();
}

}  // namespace osu::test
