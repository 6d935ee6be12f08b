#include "train/rank_sums.h"

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <set>

#include "base/error.h"

namespace osu {

namespace {

// Added in the order of ranks, the same bits in every run.
class HostSums final : public RankSums {
  public:
    HostSums(Communicator& communicator, Backend& backend) : communicator_(communicator), backend_(backend) {}

    void start(float* values, size_t count) override {
        if (backend_.shares_host_memory()) return begin(values, count);
        if (under_way_ == parts_.size()) parts_.emplace_back();
        Part& part = parts_[under_way_++];
        part.device = values;
        part.host.resize(count);
        backend_.download(part.host.data(), values, count * sizeof(float));
        begin(part.host.data(), count);
    }
    void finish() override {
        communicator_.finish_sums();
        for (size_t i = 0; i < under_way_; ++i)
            backend_.upload(parts_[i].device, parts_[i].host.data(), parts_[i].host.size() * sizeof(float));
        under_way_ = 0;
    }
    void share(StepTotals* totals) override {
        StepTotals shared;
        backend_.download(&shared, totals, sizeof(shared));
        const std::vector<double> told = communicator_.gather(std::array{shared.loss, shared.squared_norm});
        shared = {0, told[1]};
        for (size_t rank = 0; rank < told.size() / 2; ++rank) shared.loss += told[2 * rank];
        backend_.upload(totals, &shared, sizeof(shared));
    }
    bool is_recordable() const override { return false; }
    const char* name() const override { return "MPI"; }

  private:
    struct Part {
        float* device = nullptr;
        std::vector<float> host;
    };
    Communicator& communicator_;
    Backend& backend_;
    std::deque<Part> parts_;  // of a device; their memory is used again in the next step
    size_t under_way_ = 0;

    // In equal pieces, so that the buffers of messages stay small.
    void begin(float* values, size_t count) {
        constexpr size_t piece = size_t{1} << 20;
        const size_t pieces = std::max<size_t>(1, count / piece);
        for (size_t i = 0; i < pieces && count > 0; ++i) {
            const size_t from = count * i / pieces, to = count * (i + 1) / pieces;
            communicator_.start_sum(values + from, to - from);
        }
    }
};

class SumsOfDevices final : public RankSums {
  public:
    SumsOfDevices(Communicator& communicator, Backend& backend)
        : leads_(communicator.leads()), backend_(backend) {
        communicator.expect_silence();  // many machines take a while to find each other
        DeviceSums::Key key{};
        if (leads_) key = backend.make_sums_key();
        const std::vector<double> keys = communicator.gather(key);
        std::copy_n(keys.begin(), key.size(), key.begin());
        sums_ = backend.make_sums(key, communicator.rank(), communicator.size());
    }
    void start(float* values, size_t count) override { sums_->start(values, count); }
    void finish() override { sums_->finish(); }
    void share(StepTotals* totals) override {
        if (!leads_) backend_.zero(&totals->squared_norm, sizeof(double));
        sums_->start(&totals->loss, sizeof(*totals) / sizeof(double));
        sums_->finish();
    }
    bool is_recordable() const override { return true; }
    void check() override { sums_->check(); }
    const char* name() const override { return "NCCL"; }

  private:
    const bool leads_;
    Backend& backend_;
    std::unique_ptr<DeviceSums> sums_;
};

// Bits, for as numbers some are not equal to themselves.
bool all_have_a_device_of_their_own(Communicator& communicator, const Backend& backend) {
    const std::vector<double> ids = communicator.gather(backend.device_id());
    std::set<std::array<uint64_t, 2>> known;
    for (size_t i = 0; i < ids.size(); i += 2)
        known.insert({std::bit_cast<uint64_t>(ids[i]), std::bit_cast<uint64_t>(ids[i + 1])});
    return known.size() == ids.size() / 2;
}

bool devices_sum(Distribution distribution, Communicator& communicator, Backend& backend) {
    const bool required = distribution == Distribution::nccl;
    if (!required && distribution != Distribution::automatic) return false;
    const std::vector<double> has = communicator.gather(std::array{backend.has_sums(required) ? 1.0 : 0.0});
    if (std::find(has.begin(), has.end(), 0.0) != has.end()) return false;
    if (all_have_a_device_of_their_own(communicator, backend)) return true;
    if (required)
        fail(Hint{"start a process for each GPU, or use --dist mpi"},
             "NCCL cannot sum between processes that share a GPU");
    return false;
}

}  // namespace

std::unique_ptr<RankSums> make_rank_sums(Distribution distribution, Communicator& communicator,
                                         Backend& backend) {
    if (communicator.size() == 1) return nullptr;
    if (devices_sum(distribution, communicator, backend))
        return std::make_unique<SumsOfDevices>(communicator, backend);
    return std::make_unique<HostSums>(communicator, backend);
}

}  // namespace osu
