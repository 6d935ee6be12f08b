// Finds the rank that died, hangs or failed. Every rank tells rank 0 once in a while how far it is, and rank
// 0 tells rank 1; who hears nothing for too long ends the run with that rank's name. Lives on the
// communicator's thread, which goes on while the step computes: it tells a slow rank from a dead one.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "train/transport.h"

namespace osu {

enum class Phase : int32_t {
    silent,     // reads or writes files: may take its time
    computing,  // gives signs of life
    waiting,    // for other ranks
    failed,     // with an error
    ended,
};

// What a rank's working thread says of itself.
struct RankStatus {
    std::atomic<uint64_t> signs{0};  // of life
    std::atomic<Phase> phase{Phase::silent};
    std::string failure;  // what to print; written before the phase becomes failed
};

class RankWatch {
  public:
    using Clock = std::chrono::steady_clock;
    // `clock`: another one for tests, which must not hang on how fast they are.
    RankWatch(Transport& transport, const RankStatus& own, double limit,
              std::function<Clock::time_point()> clock = Clock::now);
    // To be called often: tells and hears, and ends the run when it must.
    void look();
    void end();                                    // tells the others, and waits until they have ended too
    double interval() const { return interval_; }  // seconds between two messages

  private:
    struct Pulse {
        uint64_t signs = 0;
        Phase phase = Phase::silent;
        char failure[1024] = {};
    };
    struct Peer {
        int rank;
        bool heard_from, told;  // we hear from it; it is told of us
        Pulse in, last, out;
        Transport::Request receiving = 0, sending = 0;
        bool is_sending = false;
        Clock::time_point heard, moved;
    };

    Transport& transport_;
    const RankStatus& own_;
    const double limit_, interval_;
    const std::function<Clock::time_point()> clock_;
    std::vector<std::unique_ptr<Peer>> peers_;
    Clock::time_point looked_, told_, own_moved_;
    uint64_t own_signs_ = 0;

    void hear(Clock::time_point now);
    void tell();
    void judge(Clock::time_point now);
    void judge_deadlock(Clock::time_point now);
    void fail_with(const std::string& text);
    [[noreturn]] void blame(const std::string& who, double seconds, const std::string& what);
    [[noreturn]] void end_run(const std::string& text);
};

}  // namespace osu
