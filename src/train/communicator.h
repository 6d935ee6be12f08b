// The processes of a run ("ranks") as one of them sees them: sums of gradients that run beside the work,
// numbers that all are told, and an end for all when one of them fails, dies or hangs. Every rank makes the
// same calls in the same order. Over MPI, or alone.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace osu {

class Communicator {
  public:
    virtual ~Communicator() = default;

    int rank() const { return rank_; }
    int size() const { return size_; }
    int rank_here() const { return rank_here_; }  // among those that share this host
    int ranks_here() const { return ranks_here_; }
    bool leads() const { return rank_ == 0; }  // the one that writes

    // Begins to replace `values` (host memory) by their sum over all ranks, added in the order of
    // ranks. They belong to the communicator until finish_sums().
    virtual void start_sum(float* values, size_t count) = 0;
    virtual void finish_sums() = 0;
    // What every rank gave, by rank: (size, count).
    virtual std::vector<double> gather(std::span<const double> own) = 0;
    void barrier() { gather({}); }

    // Signs of life for the other ranks. After sign_of_life() they expect the next one, or a call from above,
    // within the limit; after expect_silence() (files are read or written) within 20 times that.
    virtual void sign_of_life() = 0;
    virtual void expect_silence() = 0;
    // Asks until `done` says so, for what comes only when the other ranks have done their part.
    virtual void wait_until(const std::function<bool()>& done) = 0;
    // Within a catch: the error ends all ranks, and is printed once. Alone: throws it again.
    [[noreturn]] virtual void give_up(const std::exception& error) = 0;

    struct Traffic {
        double seconds = 0, waited = 0;  // of sums under way, and of finish_sums()
        uint64_t bytes = 0, steps = 0;   // of the summed values; calls of finish_sums()
    };
    Traffic traffic() const { return traffic_; }  // not while sums are under way

  protected:
    Communicator(int rank, int size) : rank_(rank), size_(size), rank_here_(rank), ranks_here_(size) {}
    int rank_, size_, rank_here_, ranks_here_;
    Traffic traffic_;
};

std::unique_ptr<Communicator> make_single_process();

enum class Distribution { automatic, mpi, nccl, none };
Distribution distribution(const std::string& name);  // auto, mpi (gloo), nccl, none

// The processes that a launcher (mpirun, srun) has started with this one, over MPI; alone without a launcher,
// and for `none`. (With `nccl` the ranks find each other over MPI too.) `limit`: seconds after which a rank
// that does not answer is given up.
std::unique_ptr<Communicator> make_communicator(Distribution distribution, double limit);

}  // namespace osu
