#include "train/communicator.h"

#include <cstdlib>
#include <filesystem>
#include <thread>

#include <dlfcn.h>

#include "base/error.h"
#include "train/rank_communicator.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

class SingleProcess : public Communicator {
  public:
    SingleProcess() : Communicator(0, 1) {}
    void start_sum(float*, size_t) override {}
    void finish_sums() override {}
    std::vector<double> gather(std::span<const double> own) override { return {own.begin(), own.end()}; }
    void sign_of_life() override {}
    void expect_silence() override {}
    void wait_until(const std::function<bool()>& done) override {
        while (!done()) std::this_thread::yield();
    }
    [[noreturn]] void give_up(const std::exception&) override { throw; }
};

int number_in(const char* variable) {
    const char* text = std::getenv(variable);
    return text ? std::atoi(text) : 0;
}

// How many processes the launcher has started with this one; 1 without a launcher. Open MPI's mpirun, MPICH's
// and Intel's, and srun. (SLURM_NTASKS stands in a batch script too, which is one process.)
int launched() {
    for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"})
        if (const int size = number_in(variable); size > 0) return size;
    return 1;
}

MakeTransport* load_mpi() {
    const fs::path folder = fs::read_symlink("/proc/self/exe").parent_path();
    fs::path file = folder / mpi_library;
    if (!fs::exists(file))
        file = folder.parent_path() / "lib/osu-diffusion/plugins" / mpi_library;  // where it is installed
    if (!fs::exists(file))
        fail(Hint{"install libopenmpi-dev and openmpi-bin and build again, or start one process with --dist "
                  "none"},
             "this program was built without MPI, which several processes need (there is no {})",
             file.string());
    // Global: MPI loads parts of its own that look for its symbols.
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
    void* symbol = library ? dlsym(library, make_transport_symbol) : nullptr;
    if (!symbol)
        fail(Hint{"install openmpi-bin, or build again on this machine"}, "cannot load {}: {}", file.string(),
             dlerror());
    return reinterpret_cast<MakeTransport*>(symbol);
}

std::unique_ptr<Communicator> make_mpi(double limit) {
    MakeTransport* const make = load_mpi();
    auto communicator =
        std::make_unique<RankCommunicator>([make] { return std::unique_ptr<Transport>(make()); }, limit);
    if (communicator->size() != launched())
        fail(Hint{"under SLURM: srun --mpi=pmix; else take the mpirun of the MPI that this program was built "
                  "with"},
             "the launcher started {} processes, but MPI sees {}", launched(), communicator->size());
    return communicator;
}

}  // namespace

std::unique_ptr<Communicator> make_single_process() {
    return std::make_unique<SingleProcess>();
}

Distribution distribution(const std::string& name) {
    if (name == "auto") return Distribution::automatic;
    if (name == "mpi" || name == "gloo") return Distribution::mpi;
    if (name == "nccl") return Distribution::nccl;
    if (name == "none") return Distribution::none;
    fail(Hint{"known are auto, mpi, nccl, none"}, "there is no --dist {}", name);
}

std::unique_ptr<Communicator> make_communicator(Distribution distribution, double limit) {
    const bool several = distribution == Distribution::mpi || launched() > 1;
    if (distribution == Distribution::none || !several) return make_single_process();
    return make_mpi(limit);
}

}  // namespace osu
