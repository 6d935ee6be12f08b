// Two ranks' watches in one thread: who is blamed for what.
#include "train/rank_watch.h"

#include <array>
#include <cstring>
#include <deque>
#include <map>
#include <stdexcept>

#include <gtest/gtest.h>

namespace osu {
namespace {

constexpr double limit = 0.4;  // s

struct Aborted : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using Mailbox = std::array<std::deque<std::vector<std::byte>>, 2>;  // by receiver

class MailTransport : public Transport {
  public:
    MailTransport(int rank, Mailbox& mail) : rank_(rank), mail_(mail) {}
    int rank() const override { return rank_; }
    int size() const override { return 2; }
    int rank_here() const override { return rank_; }
    int ranks_here() const override { return 2; }
    const std::string& name(int rank) const override { return names_[static_cast<size_t>(rank)]; }
    Request send(int to, int, const void* data, size_t bytes) override {
        const auto* first = static_cast<const std::byte*>(data);
        mail_[static_cast<size_t>(to)].emplace_back(first, first + bytes);
        return 0;
    }
    Request receive(int, int, void* data, size_t) override {
        to_ = data;
        return 1;
    }
    bool done(Request request) override {
        auto& mine = mail_[static_cast<size_t>(rank_)];
        if (request == 0) return true;
        if (mine.empty()) return false;
        std::memcpy(to_, mine.front().data(), mine.front().size());
        mine.pop_front();
        return true;
    }
    [[noreturn]] void abort() override { throw Aborted(testing::internal::GetCapturedStderr()); }

  private:
    const int rank_;
    Mailbox& mail_;
    void* to_ = nullptr;
    const std::array<std::string, 2> names_{"rank 0", "rank 1"};
};

class RankWatchTest : public testing::Test {
  protected:
    Mailbox mail;
    std::array<RankStatus, 2> status;
    MailTransport first{0, mail}, second{1, mail};
    // Each look comes a moment after the one before, however slow the machine is.
    RankWatch::Clock::time_point now{};
    const std::function<RankWatch::Clock::time_point()> clock = [this] { return now; };
    RankWatch first_watch{first, status[0], limit, clock}, second_watch{second, status[1], limit, clock};

    // What ends the run within so many times the limit; empty: nothing.
    template <class Body>
    std::string run(double limits, Body&& body) {
        const auto end = now + std::chrono::duration_cast<RankWatch::Clock::duration>(
                                   std::chrono::duration<double>(limits * limit));
        testing::internal::CaptureStderr();
        try {
            for (; now < end; now += std::chrono::milliseconds(25)) body();
        } catch (const Aborted& aborted) {
            return aborted.what();
        }
        return testing::internal::GetCapturedStderr();
    }
    void look() {
        second_watch.look();
        first_watch.look();
    }
};

TEST_F(RankWatchTest, SignsOfLifeSatisfy) {
    status[0].phase = status[1].phase = Phase::computing;
    EXPECT_EQ(run(3,
                  [&] {
                      ++status[0].signs;
                      ++status[1].signs;
                      look();
                  }),
              "");
}

TEST_F(RankWatchTest, AStepThatHangsIsBlamed) {
    status[0].phase = status[1].phase = Phase::computing;
    const std::string text = run(30, [&] {
        ++status[0].signs;
        look();
    });
    EXPECT_NE(text.find("rank 1 has not come any further"), std::string::npos) << text;
}

TEST_F(RankWatchTest, RankZeroIsWatchedToo) {
    status[0].phase = status[1].phase = Phase::computing;
    const std::string text = run(30, [&] {
        ++status[1].signs;
        look();
    });
    EXPECT_NE(text.find("rank 0 has not come any further"), std::string::npos) << text;
}

TEST_F(RankWatchTest, FilesMayTakeTheirTime) {
    status[0].phase = Phase::silent;
    status[1].phase = Phase::waiting;
    EXPECT_EQ(run(3, [&] { look(); }), "");
}

TEST_F(RankWatchTest, SilenceIsBlamed) {
    const std::string text = run(30, [&] { first_watch.look(); });
    EXPECT_NE(text.find("rank 1 has not answered"), std::string::npos) << text;
}

TEST_F(RankWatchTest, ALinkThatLosesMessagesIsNoticed) {
    status[0].phase = status[1].phase = Phase::waiting;
    const std::string text = run(30, [&] { look(); });
    EXPECT_NE(text.find("every rank has waited for another"), std::string::npos) << text;
}

TEST_F(RankWatchTest, RankZeroPrintsWhatAnotherFailedWith) {
    status[1].failure = "error: no disk\n";
    status[1].phase = Phase::failed;
    // The failing rank waits for rank 0 to print; here they share a thread, so it prints itself in the end.
    const std::string text = run(30, [&] { second_watch.look(); });
    EXPECT_EQ(text, "error: no disk\n");
    const std::string heard = run(30, [&] { first_watch.look(); });
    EXPECT_EQ(heard, "error: no disk\n");
}

}  // namespace
}  // namespace osu
