#include "train/rank_communicator.h"

#include <algorithm>
#include <chrono>

#include <fmt/core.h>

#include "base/error.h"
#include "base/profile.h"

namespace osu {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int data_tag = 1;
constexpr int eager_looks = 200;  // for messages, before sleeping between two looks
constexpr auto nap = std::chrono::microseconds(30);

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Where slice k of a sum over `ranks` begins: whole cache lines each.
size_t slice(size_t count, int k, int ranks) {
    constexpr size_t line = 16;  // floats
    const size_t lines = (count + line - 1) / line;
    return std::min(count, lines * static_cast<size_t>(k) / static_cast<size_t>(ranks) * line);
}

}  // namespace

RankCommunicator::RankCommunicator(std::function<std::unique_ptr<Transport>()> make, double limit)
    : Communicator(0, 1) {
    thread_ = std::thread([this, make = std::move(make), limit] { work(make, limit); });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ready_; });
}

RankCommunicator::~RankCommunicator() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void RankCommunicator::work(const std::function<std::unique_ptr<Transport>()>& make, double limit) {
    transport_ = make();
    rank_ = transport_->rank();
    size_ = transport_->size();
    rank_here_ = transport_->rank_here();
    ranks_here_ = transport_->ranks_here();
    watch_ = std::make_unique<RankWatch>(*transport_, status_, limit);
    std::unique_lock lock(mutex_);
    ready_ = true;
    changed_.notify_all();
    const auto nothing_to_do = [&] { return tasks_.empty() && !ending_; };
    while (!tasks_.empty() || !ending_) {
        if (nothing_to_do()) changed_.wait_for(lock, std::chrono::duration<double>(watch_->interval() / 2));
        lock.unlock();
        watch_->look();
        lock.lock();
        if (tasks_.empty()) continue;
        const auto& task = tasks_.front();  // stays there: others only push behind it
        lock.unlock();
        task();
        lock.lock();
        tasks_.pop_front();
        changed_.notify_all();
    }
    lock.unlock();
    watch_->end();
    transport_.reset();
}

void RankCommunicator::begin(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    changed_.notify_all();
    ++status_.signs;
}

void RankCommunicator::wait_for_tasks() {
    const ProfileScope scope("waiting for other ranks");
    const Phase before = status_.phase;
    status_.phase = Phase::waiting;
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return tasks_.empty(); });
    }
    ++status_.signs;
    status_.phase = before;
}

void RankCommunicator::start_sum(float* values, size_t count) {
    begin([=, this] { sum(values, count); });
}

void RankCommunicator::finish_sums() {
    const auto start = Clock::now();
    wait_for_tasks();
    traffic_.waited += seconds_since(start);
    ++traffic_.steps;
}

std::vector<double> RankCommunicator::gather(std::span<const double> own) {
    std::vector<double> all(own.size() * static_cast<size_t>(size_));
    begin([&] { share(own.data(), all.data(), own.size()); });
    wait_for_tasks();
    return all;
}

void RankCommunicator::sign_of_life() {
    ++status_.signs;
    status_.phase = Phase::computing;
}

void RankCommunicator::expect_silence() {
    ++status_.signs;
    status_.phase = Phase::silent;
}

void RankCommunicator::wait_until(const std::function<bool()>& done) {
    const ProfileScope scope("waiting for other ranks");
    const Phase before = status_.phase;
    status_.phase = Phase::waiting;
    ++status_.signs;
    for (int looks = 0; !done(); ++looks)
        if (looks > eager_looks) std::this_thread::sleep_for(nap);
    ++status_.signs;
    status_.phase = before;
}

void RankCommunicator::give_up(const std::exception& error) {
    const auto* ours = dynamic_cast<const Error*>(&error);
    const bool no_memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
    status_.failure =
        fmt::format("error: {} ({})\n", no_memory ? "out of memory" : error.what(), transport_->name(rank_));
    if (ours && !ours->hint().empty()) status_.failure += fmt::format("hint: {}\n", ours->hint());
    status_.phase = Phase::failed;
    changed_.notify_all();
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));  // the thread ends the process
}

// Each rank other than this one, the next one first, so that not all begin with the same.
template <class Body>
void RankCommunicator::for_others(Body&& body) {
    for (int i = 1; i < size_; ++i) body((rank_ + i) % size_);
}

void RankCommunicator::finish_messages() {
    for (int looks = 0; !under_way_.empty(); ++looks) {
        std::erase_if(under_way_, [&](Transport::Request request) { return transport_->done(request); });
        watch_->look();
        if (looks > eager_looks && !under_way_.empty()) std::this_thread::sleep_for(nap);
    }
}

// Every rank adds one slice, in the order of ranks, and hands it to the others: whatever the timing, the same
// bits.
void RankCommunicator::sum(float* values, size_t count) {
    const auto start = Clock::now();
    const auto first = [&](int rank) { return slice(count, rank, size_); };
    const auto bytes = [&](int rank) { return (first(rank + 1) - first(rank)) * sizeof(float); };
    const size_t own = bytes(rank_) / sizeof(float);
    parts_.resize(own * static_cast<size_t>(size_));
    const auto part = [&](int rank) { return parts_.data() + static_cast<size_t>(rank) * own; };
    for_others([&](int from) {
        under_way_.push_back(transport_->receive(from, data_tag, part(from), bytes(rank_)));
    });
    for_others(
        [&](int to) { under_way_.push_back(transport_->send(to, data_tag, values + first(to), bytes(to))); });
    finish_messages();

    float* const sum = values + first(rank_);
    constexpr size_t block = 2048;  // floats: the sums stay in the first cache
    for (size_t begin = 0; begin < own; begin += block) {
        const size_t n = std::min(block, own - begin);
        float total[block] = {};
        for (int rank = 0; rank < size_; ++rank) {
            const float* addend = rank == rank_ ? sum + begin : part(rank) + begin;
            for (size_t i = 0; i < n; ++i) total[i] += addend[i];
        }
        std::copy_n(total, n, sum + begin);
    }

    for_others([&](int from) {
        under_way_.push_back(transport_->receive(from, data_tag, values + first(from), bytes(from)));
    });
    for_others([&](int to) { under_way_.push_back(transport_->send(to, data_tag, sum, bytes(rank_))); });
    finish_messages();
    traffic_.seconds += seconds_since(start);
    traffic_.bytes += count * sizeof(float);
}

void RankCommunicator::share(const double* own, double* all, size_t count) {
    const size_t bytes = count * sizeof(double);
    std::copy_n(own, count, all + static_cast<size_t>(rank_) * count);
    for_others([&](int from) {
        under_way_.push_back(
            transport_->receive(from, data_tag, all + static_cast<size_t>(from) * count, bytes));
    });
    for_others([&](int to) { under_way_.push_back(transport_->send(to, data_tag, own, bytes)); });
    finish_messages();
}

}  // namespace osu
