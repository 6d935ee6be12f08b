// How fast a dataset is made of players' folders, and how much memory that takes: dataset [MAPS]. Writes a
// tenth of the MAPS (6,000 without a word, 60,000 as a great collection has) as an invented Songs folder
// below the temporary folder, builds the dataset folder and the pack of them on one thread; then all. Texts
// come from the page cache, the results go to it.
// Seconds of processor time, the kernel's for the files included; memory without the pages of files that it
// maps.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

#include "base/parallel.h"
#include "data/dataset_builder.h"
#include "synthetic_maps.h"

namespace {

using namespace osu;
namespace fs = std::filesystem;

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double own_megabytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("RssAnon:")) return std::strtod(line.c_str() + 8, nullptr) / 1024;
    return 0;
}

// The most memory of its own that the process has while this lives, looked up a hundred times a second.
class MemoryWatch {
  public:
    double most() const { return most_; }

  private:
    std::atomic<double> most_ = own_megabytes();
    std::jthread watch_{[this](std::stop_token stop) {
        for (; !stop.stop_requested(); std::this_thread::sleep_for(std::chrono::milliseconds(10)))
            most_ = std::max(most_.load(), own_megabytes());
    }};
};

void bench(const fs::path& folder, uint32_t maps) {
    const MapSource songs = recognise_source(folder / "Songs");
    const auto measure = [&](const char* name, const DatasetOptions& options) {
        const MemoryWatch memory;
        const double start = cpu_seconds();
        const DatasetReport report = build_dataset(options);
        const double seconds = cpu_seconds() - start;
        std::printf("%s_maps_per_s_a_core %.0f\n  %u maps, %.1f s, at most %.0f MB\n", name, maps / seconds,
                    maps, seconds, memory.most());
        if (report.maps_found != maps) std::abort();
    };
    measure("dataset_folder", {.sources = {songs}, .out = folder / std::to_string(maps)});
    measure("dataset_pack", {.sources = {songs}, .pack = folder / (std::to_string(maps) + ".pack")});
    measure("dataset_nothing_new", {.sources = {songs}, .out = folder / std::to_string(maps)});
    fs::remove_all(folder / std::to_string(maps));
}

}  // namespace

int main(int argc, char** argv) {
    const auto maps = static_cast<uint32_t>(argc > 1 ? std::atoi(argv[1]) : 6000);
    set_thread_count(1);
    const fs::path folder = fs::temp_directory_path() / ("osu-bench-" + std::to_string(::getpid()));
    for (const uint32_t count : {maps / 10, maps}) {
        write_synthetic_songs(folder / "Songs", count);
        bench(folder, count);
    }
    fs::remove_all(folder);
}
