// The pool of threads of builds without OpenMP.
//
// A loop is short, and the next one comes soon: a thread that waits looks for work for a moment before it
// sleeps. Each worker has a slot of its own for its share, so that those without one are left alone. A share
// is done by the worker of its number: what a thread keeps between loops serves the same share again.
#include "base/parallel.h"

#ifdef OSU_OWN_THREADS

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace osu {

namespace {

// Long enough for what lies between two loops of a forward, short beside what a sleeping machine saves.
constexpr std::chrono::microseconds patience{100};

template <class Ready>
bool comes_soon(Ready ready) {
    const auto end = std::chrono::steady_clock::now() + patience;
    do {
        for (int i = 0; i < 64; ++i)
            if (ready()) return true;
        std::this_thread::yield();  // to the very thread that is waited for, where cores are few
    } while (std::chrono::steady_clock::now() < end);
    return false;
}

struct Loop {
    void (*share)(const void* context, int n);
    const void* context;
    std::atomic<int> open;  // shares of workers that are not done
};

class Pool {
  public:
    ~Pool() {
        {
            const std::lock_guard lock(mutex_);
            ends_ = true;
        }
        work_.notify_all();
        for (auto& worker : workers_) worker->thread.join();
    }

    // False: somebody has the pool.
    bool run(int shares, void (*share)(const void* context, int n), const void* context) {
        const std::unique_lock user(user_, std::try_to_lock);
        if (!user) return false;
        Loop loop{share, context, shares - 1};
        while (std::ssize(workers_) < shares - 1) {
            workers_.push_back(std::make_unique<Worker>());
            workers_.back()->thread =
                std::thread([this, worker = workers_.back().get(), n = static_cast<int>(workers_.size())] {
                    work(*worker, n);
                });
        }
        for (int n = 1; n < shares; ++n) workers_[static_cast<size_t>(n - 1)]->loop.store(&loop);
        if (sleepers_ > 0) {
            { const std::lock_guard lock(mutex_); }
            work_.notify_all();
        }
        share(context, 0);
        const auto done = [&] { return loop.open.load() == 0; };
        if (comes_soon(done)) return true;
        std::unique_lock lock(mutex_);
        caller_sleeps_ = true;
        done_.wait(lock, done);
        caller_sleeps_ = false;
        return true;
    }

  private:
    struct Worker {
        std::atomic<Loop*> loop = nullptr;
        std::thread thread;
    };
    std::mutex user_;  // of the pool
    std::vector<std::unique_ptr<Worker>> workers_;
    std::mutex mutex_;  // of those who sleep
    std::condition_variable work_, done_;
    std::atomic<int> sleepers_ = 0;
    std::atomic<bool> caller_sleeps_ = false;
    bool ends_ = false;

    void work(Worker& worker, int n) {
        in_loop = true;  // loops within a share stay on its thread
        const auto given = [&] { return worker.loop.load() != nullptr; };
        for (;;) {
            if (!comes_soon(given)) {
                std::unique_lock lock(mutex_);
                ++sleepers_;
                work_.wait(lock, [&] { return given() || ends_; });
                --sleepers_;
                if (!given()) return;
            }
            Loop& loop = *worker.loop.load();
            loop.share(loop.context, n);
            worker.loop.store(nullptr);
            // With the last share the loop is gone.
            if (loop.open.fetch_sub(1) == 1 && caller_sleeps_) {
                { const std::lock_guard lock(mutex_); }
                done_.notify_all();
            }
        }
    }

  public:
    static thread_local bool in_loop;
};

thread_local bool Pool::in_loop = false;

std::atomic<int> threads = 0;  // 0: as many as there are cores

}  // namespace

void set_thread_count(int count) {
    threads = std::max(count, 0);
}

int thread_count() {
    static const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const int wanted = threads;
    return wanted > 0 ? wanted : cores;
}

void run_shares(int shares, void (*share)(const void* context, int n), const void* context) {
    static Pool pool;
    if (shares > 1 && !Pool::in_loop) {
        Pool::in_loop = true;
        const bool done = pool.run(shares, share, context);
        Pool::in_loop = false;
        if (done) return;
    }
    for (int n = 0; n < shares; ++n) share(context, n);
}

}  // namespace osu

#endif
