// Sums over GPUs by NCCL, on a stream beside that of the operations.
#include "ops/cuda/nccl.h"

#include <cstring>
#include <exception>

#include "base/error.h"
#include "ops/cuda/device.h"

namespace osu::cuda {

namespace {

static_assert(sizeof(NcclId) == sizeof(DeviceSums::Key));

class NcclSums final : public DeviceSums {
  public:
    NcclSums(Device& device, const Key& key, int rank, int size)
        : nccl_(*nccl(true)), device_(device), stream_(make_urgent_stream()) {
        NcclId id;
        std::memcpy(&id, key.data(), sizeof(id));
        check_status(nccl_.join(&communicator_, size, id, rank), "finding the GPUs of the other processes");
    }
    // Leaving waits for the other processes, which may never come when this one has failed.
    ~NcclSums() override {
        if (communicator_ && std::uncaught_exceptions() == 0) static_cast<void>(nccl_.leave(communicator_));
        static_cast<void>(cudaStreamDestroy(stream_));
    }

    void start(float* values, size_t count) override { start(values, count, nccl_float32); }
    void start(double* values, size_t count) override { start(values, count, nccl_float64); }
    void finish() override {
        summed_.record(stream_);
        summed_.wait_before_next(device_.stream());
    }
    void check() override {
        int status = nccl_success;
        check_status(nccl_.failure(communicator_, &status), "asking for the state of sums");
        check_status(status, "a sum over GPUs");
    }

  private:
    const Nccl& nccl_;
    Device& device_;
    const cudaStream_t stream_;
    NcclCommunicator communicator_ = nullptr;
    Event complete_, summed_;

    void check_status(int status, const char* doing) const {
        if (status != nccl_success && status != nccl_in_progress)
            fail(Hint{"NCCL_DEBUG=INFO in the environment says more; --dist mpi does without NCCL"},
                 "NCCL failed in {}: {}", doing, nccl_.describe(status));
    }
    void start(void* values, size_t count, int type) {
        if (count == 0) return;
        complete_.record(device_.stream());
        complete_.wait_before_next(stream_);
        check_status(nccl_.sum(values, values, count, type, nccl_sum, communicator_, stream_),
                     "beginning a sum over GPUs");
    }
};

}  // namespace

DeviceSums::Key make_sums_key() {
    const Nccl& library = *nccl(true);
    NcclId id{};
    const int status = library.get_id(&id);
    if (status != nccl_success) fail("NCCL does not start: {}", library.describe(status));
    DeviceSums::Key key;
    std::memcpy(key.data(), &id, sizeof(id));
    return key;
}

std::unique_ptr<DeviceSums> make_sums(Device& device, const DeviceSums::Key& key, int rank, int size) {
    return std::make_unique<NcclSums>(device, key, rank, size);
}

}  // namespace osu::cuda
