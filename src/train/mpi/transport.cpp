// The transport over MPI: osu-diffusion-mpi.so, which the communicator loads.
#include "train/transport.h"

#include <cstdlib>
#include <vector>

#include <mpi.h>
#include <unistd.h>

namespace osu {

namespace {

class MpiTransport : public Transport {
  public:
    MpiTransport() {
        int provided = 0;
        MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
        MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
        MPI_Comm_size(MPI_COMM_WORLD, &size_);
        MPI_Comm here;
        MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &here);
        MPI_Comm_rank(here, &rank_here_);
        MPI_Comm_size(here, &ranks_here_);
        MPI_Comm_free(&here);
        exchange_names();
    }
    ~MpiTransport() override { MPI_Finalize(); }

    int rank() const override { return rank_; }
    int size() const override { return size_; }
    int rank_here() const override { return rank_here_; }
    int ranks_here() const override { return ranks_here_; }
    const std::string& name(int rank) const override { return names_[static_cast<size_t>(rank)]; }

    Request send(int to, int tag, const void* data, size_t bytes) override {
        const Request slot = free_slot();
        MPI_Isend(data, static_cast<int>(bytes), MPI_BYTE, to, tag, MPI_COMM_WORLD, &requests_[slot]);
        return slot;
    }
    Request receive(int from, int tag, void* data, size_t bytes) override {
        const Request slot = free_slot();
        MPI_Irecv(data, static_cast<int>(bytes), MPI_BYTE, from, tag, MPI_COMM_WORLD, &requests_[slot]);
        return slot;
    }
    bool done(Request request) override {
        int complete = 0;
        MPI_Test(&requests_[request], &complete, MPI_STATUS_IGNORE);
        if (complete) free_.push_back(request);
        return complete != 0;
    }
    [[noreturn]] void abort() override {
        MPI_Abort(MPI_COMM_WORLD, 1);
        std::_Exit(1);
    }

  private:
    int rank_ = 0, size_ = 1, rank_here_ = 0, ranks_here_ = 1;
    std::vector<std::string> names_;
    std::vector<MPI_Request> requests_;
    std::vector<Request> free_;

    Request free_slot() {
        if (free_.empty()) {
            requests_.push_back(MPI_REQUEST_NULL);
            return requests_.size() - 1;
        }
        const Request slot = free_.back();
        free_.pop_back();
        return slot;
    }

    void exchange_names() {
        constexpr int length = MPI_MAX_PROCESSOR_NAME + 64;
        char host[MPI_MAX_PROCESSOR_NAME] = {};
        int host_length = 0;
        MPI_Get_processor_name(host, &host_length);
        std::string own =
            "rank " + std::to_string(rank_) + " on " + host + ", process " + std::to_string(getpid());
        own.resize(length);
        std::string all(static_cast<size_t>(size_) * length, '\0');
        MPI_Allgather(own.data(), length, MPI_CHAR, all.data(), length, MPI_CHAR, MPI_COMM_WORLD);
        for (int rank = 0; rank < size_; ++rank)
            names_.emplace_back(all.c_str() + static_cast<size_t>(rank) * length);
    }
};

}  // namespace

extern "C" Transport* osu_make_transport() {
    return new MpiTransport;
}

}  // namespace osu
