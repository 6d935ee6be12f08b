// Loops over threads, by OpenMP or by the pool of builds without it.
#include "base/parallel.h"

#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace osu {
namespace {

class Parallel : public testing::Test {
  protected:
    void TearDown() override { set_thread_count(0); }
};

template <class Loop>
void expect_each_once(Loop loop) {
    for (const int64_t count : {0, 1, 2, 3, 7, 64, 1000}) {
        std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
        loop(count, [&](int64_t i) { ++seen[static_cast<size_t>(i)]; });
        for (int64_t i = 0; i < count; ++i)
            EXPECT_EQ(seen[static_cast<size_t>(i)], 1) << i << " of " << count;
    }
}

TEST_F(Parallel, EachOnce) {
    for (const int threads : {1, 2, 5}) {
        set_thread_count(threads);
        EXPECT_EQ(thread_count(), threads);
        expect_each_once([](int64_t count, auto body) { parallel_for(count, body); });
        expect_each_once([](int64_t count, auto body) { parallel_for_dynamic(count, body); });
    }
    set_thread_count(0);
    EXPECT_GE(thread_count(), 1);
}

std::vector<std::thread::id> threads_of(int64_t count) {
    std::vector<std::thread::id> threads(static_cast<size_t>(count));
    parallel_for(count, [&](int64_t i) { threads[static_cast<size_t>(i)] = std::this_thread::get_id(); });
    return threads;
}

TEST_F(Parallel, SharesAreContiguousAndKeepTheirThread) {
    set_thread_count(3);
    const auto threads = threads_of(100);
    int changes = 0;
    for (size_t i = 1; i < threads.size(); ++i) changes += threads[i] != threads[i - 1];
    EXPECT_EQ(changes, 2);
    EXPECT_EQ(std::set(threads.begin(), threads.end()).size(), 3u);
    EXPECT_EQ(threads.front(), std::this_thread::get_id());
    for (int i = 0; i < 20; ++i) EXPECT_EQ(threads_of(100), threads);
}

// Some loops follow at once, some when all threads have gone to sleep.
TEST_F(Parallel, SleepersAreWoken) {
    set_thread_count(4);
    std::atomic<int> total = 0;
    for (int turn = 0; turn < 300; ++turn) {
        if (turn % 10 == 0) std::this_thread::sleep_for(std::chrono::microseconds(turn % 3 * 400));
        parallel_for(4, [&](int64_t i) {
            if (i == turn % 4 && turn % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
            ++total;
        });
    }
    EXPECT_EQ(total, 1200);
}

TEST_F(Parallel, LoopsWithinAndBesideLoops) {
    set_thread_count(3);
    std::atomic<int> total = 0;
    const auto work = [&] {
        for (int turn = 0; turn < 50; ++turn)
            parallel_for(6, [&](int64_t) { parallel_for_dynamic(5, [&](int64_t) { ++total; }); });
    };
    std::thread other(work);
    work();
    other.join();
    EXPECT_EQ(total, 2 * 50 * 6 * 5);
}

}  // namespace
}  // namespace osu
