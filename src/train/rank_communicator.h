// The communicator over a transport, for values in host memory. A thread of its own makes every call of the
// transport: it works off the sums in the order in which they were begun, and watches the other ranks
// meanwhile.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "train/communicator.h"
#include "train/rank_watch.h"

namespace osu {

class RankCommunicator : public Communicator {
  public:
    // `make` is called on that thread.
    RankCommunicator(std::function<std::unique_ptr<Transport>()> make, double limit);
    ~RankCommunicator() override;  // waits until all ranks have come here

    void start_sum(float* values, size_t count) override;
    void finish_sums() override;
    std::vector<double> gather(std::span<const double> own) override;
    void sign_of_life() override;
    void expect_silence() override;
    void wait_until(const std::function<bool()>& done) override;
    [[noreturn]] void give_up(const std::exception& error) override;

  private:
    std::thread thread_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;  // front: under way
    bool ready_ = false, ending_ = false;
    RankStatus status_;

    // Of the thread:
    std::unique_ptr<Transport> transport_;
    std::unique_ptr<RankWatch> watch_;
    std::vector<Transport::Request> under_way_;
    std::vector<float> parts_;  // of the sum's slice that is ours, from the other ranks

    void begin(std::function<void()> task);
    void wait_for_tasks();
    void work(const std::function<std::unique_ptr<Transport>()>& make, double limit);
    void finish_messages();
    template <class Body>
    void for_others(Body&& body);
    void sum(float* values, size_t count);
    void share(const double* own, double* all, size_t count);
};

}  // namespace osu
