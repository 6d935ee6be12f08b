#include "train/rank_watch.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <fmt/core.h>

namespace osu {

namespace {

constexpr int pulse_tag = 2;
constexpr double silent_factor = 20;  // so many times the limit for files
constexpr double patience = 5;        // s: for rank 0 to print what another rank failed with
constexpr double look_every = 0.02;   // s
constexpr double asleep = 5;  // s without a look: we were stopped ourselves, and know nothing of the others

double seconds(std::chrono::steady_clock::duration time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

RankWatch::RankWatch(Transport& transport, const RankStatus& own, double limit,
                     std::function<Clock::time_point()> clock)
    : transport_(transport),
      own_(own),
      limit_(limit),
      interval_(std::min(1.0, limit / 8)),
      clock_(std::move(clock)) {
    const auto now = clock_();
    looked_ = told_ = own_moved_ = now;
    const int rank = transport.rank();
    const auto add = [&](int peer, bool heard_from, bool told) {
        auto& p = *peers_.emplace_back(std::make_unique<Peer>(Peer{peer, heard_from, told}));
        p.heard = p.moved = now;
        if (heard_from) p.receiving = transport_.receive(peer, pulse_tag, &p.in, sizeof p.in);
    };
    if (rank == 0)
        for (int peer = 1; peer < transport.size(); ++peer) add(peer, true, peer == 1);
    else
        add(0, rank == 1, true);
}

void RankWatch::look() {
    const auto now = clock_();
    if (own_.phase == Phase::failed) fail_with(own_.failure);
    const double gap = seconds(now - looked_);
    if (gap < look_every) return;
    looked_ = now;
    if (gap > asleep)
        for (auto& peer : peers_) peer->heard = peer->moved = now;
    hear(now);
    if (seconds(now - told_) >= interval_) {
        told_ = now;
        tell();
    }
    judge(now);
}

void RankWatch::hear(Clock::time_point now) {
    for (auto& peer : peers_) {
        if (!peer->heard_from || peer->last.phase == Phase::ended || !transport_.done(peer->receiving))
            continue;
        peer->heard = now;
        if (peer->in.signs != peer->last.signs || peer->in.phase != peer->last.phase) peer->moved = now;
        peer->last = peer->in;
        if (peer->last.phase == Phase::failed) end_run(peer->last.failure);
        if (peer->last.phase != Phase::ended)
            peer->receiving = transport_.receive(peer->rank, pulse_tag, &peer->in, sizeof peer->in);
    }
}

void RankWatch::tell() {
    for (auto& peer : peers_) {
        if (peer->is_sending && transport_.done(peer->sending)) peer->is_sending = false;
        if (!peer->told || peer->is_sending) continue;
        peer->out.phase = own_.phase;
        peer->out.signs = own_.signs;
        if (peer->out.phase == Phase::failed)
            std::strncpy(peer->out.failure, own_.failure.c_str(), sizeof peer->out.failure - 1);
        peer->sending = transport_.send(peer->rank, pulse_tag, &peer->out, sizeof peer->out);
        peer->is_sending = true;
    }
}

void RankWatch::judge(Clock::time_point now) {
    for (const auto& peer : peers_) {
        if (!peer->heard_from || peer->last.phase == Phase::ended) continue;
        const std::string& who = transport_.name(peer->rank);
        const double unheard = seconds(now - peer->heard), unmoved = seconds(now - peer->moved);
        if (unheard > limit_) blame(who, unheard, "has not answered");
        if (peer->last.phase == Phase::computing && unmoved > limit_)
            blame(who, unmoved, "has not come any further");
        if (peer->last.phase == Phase::silent && unmoved > silent_factor * limit_)
            blame(who, unmoved, "has been reading or writing files");
    }
    if (transport_.rank() == 0) judge_deadlock(now);
}

// All are there, and each waits for another: messages are lost.
void RankWatch::judge_deadlock(Clock::time_point now) {
    if (own_.signs != own_signs_ || own_.phase != Phase::waiting) own_moved_ = now;
    own_signs_ = own_.signs;
    double stuck = seconds(now - own_moved_);
    for (const auto& peer : peers_)
        stuck = peer->last.phase == Phase::waiting ? std::min(stuck, seconds(now - peer->moved)) : 0;
    if (stuck > limit_) blame("every rank", stuck, "has waited for another (a broken link between hosts?)");
}

// Rank 0 prints it, so that what all ranks fail with is printed once; if it does not, we do.
void RankWatch::fail_with(const std::string& text) {
    const auto start = Clock::now();
    while (transport_.rank() != 0 && seconds(Clock::now() - start) < patience) {
        tell();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    end_run(text);
}

void RankWatch::blame(const std::string& who, double seconds, const std::string& what) {
    end_run(fmt::format(
        "error: {} {} for {:.0f} s\n"
        "hint: the last checkpoint is whole: go on from it with --ckpt; --dist-timeout is the time that "
        "a rank is waited for\n",
        who, what, seconds));
}

void RankWatch::end_run(const std::string& text) {
    std::fprintf(stderr, "%s", text.c_str());
    std::fflush(stderr);
    transport_.abort();
    std::_Exit(1);
}

void RankWatch::end() {
    const auto under_way = [&] {
        bool any = false;
        for (const auto& peer : peers_)
            any = any || (peer->told && peer->out.phase != Phase::ended) || peer->is_sending ||
                  (peer->heard_from && peer->last.phase != Phase::ended);
        return any;
    };
    while (under_way()) {
        for (auto& peer : peers_) {
            if (peer->is_sending && transport_.done(peer->sending)) peer->is_sending = false;
            if (!peer->told || peer->is_sending || peer->out.phase == Phase::ended) continue;
            peer->out.phase = Phase::ended;
            peer->sending = transport_.send(peer->rank, pulse_tag, &peer->out, sizeof peer->out);
            peer->is_sending = true;
        }
        hear(clock_());
        judge(clock_());
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace osu
