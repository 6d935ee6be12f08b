// How fast data comes: bench_data [FOLDER of .osu] [--json FILE]. Seconds of one core (processor time), files
// in the page cache.
//   read_and_sequence   text of .osu to datapoints and distances, file read included
//   pack_open           opening a pack of 60,000 invented maps of 200 datapoints
//   loader              windows of it, in shuffled order, augmented, batches of 256
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <numeric>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "base/file.h"
#include "base/parallel.h"
#include "beatmap/beatmap.h"
#include "data/pack_writer.h"
#include "data/windows.h"
#include "measure.h"
#include "sequence/sequence.h"

namespace {

using namespace osu;
namespace fs = std::filesystem;

void say(bench::Report& report, const char* name, double value) {
    std::printf("%-30s %10.1f\n", name, value);
    report.set(name, value);
}

// The best of several passes.
template <class Work>
double measure(int passes, Work work) {
    double best = std::numeric_limits<double>::max();
    for (int pass = 0; pass < passes; ++pass) best = std::min(best, bench::seconds_of(work));
    return best;
}

void bench_reading(const fs::path& folder, bench::Report& report) {
    std::vector<fs::path> files;
    double bytes = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != ".osu") continue;
        files.push_back(entry.path());
        bytes += static_cast<double>(entry.file_size());
    }
    size_t datapoints = 0;
    const double seconds = measure(7, [&] {
        datapoints = 0;
        for (const fs::path& file : files) datapoints += distances(to_sequence(read_beatmap(file))).size();
    });
    say(report, "read_and_sequence_mb_per_s", bytes / seconds / 1e6);
    say(report, "read_and_sequence_maps_per_s", static_cast<double>(files.size()) / seconds);
    std::printf("  %zu maps, %.1f MB, %zu datapoints\n", files.size(), bytes / 1e6, datapoints);
}

void write_invented_pack(const fs::path& file, uint32_t maps, uint32_t datapoints) {
    PackWriter writer(file, "invented");
    Sequence sequence;
    for (uint32_t i = 0; i < datapoints; ++i) {
        sequence.position.push_back({static_cast<float>(i * 37 % 512), static_cast<float>(i * 61 % 384)});
        sequence.time.push_back(150.0 * i);
        sequence.type.push_back(static_cast<PointType>(i % point_type_count));
    }
    const std::vector<float> distance = distances(sequence);
    for (uint32_t m = 0; m < maps; ++m) {
        DatasetMap map{1 + m, 1 + m / 5, "a mapper of maps", "an artist", "a title of a song", "Insane"};
        map.path = "Track00000/beatmaps/000000M000.osu";
        map.label = static_cast<int32_t>(m);
        writer.add(map, view_of(sequence, distance));
    }
    writer.commit();
}

void bench_loader(const fs::path& file, bench::Report& report) {
    const double opening = measure(20, [&] { PackedDataset::open(file); });
    const PackedDataset dataset = PackedDataset::open(file);
    say(report, "pack_open_ms", opening * 1e3);
    std::printf("  %zu maps, %.0f MB\n", dataset.size(), static_cast<double>(fs::file_size(file)) / 1e6);

    std::vector<uint32_t> maps(dataset.size());
    std::iota(maps.begin(), maps.end(), 0);
    const WindowLoader loader(dataset, maps, {.null_label = dataset.class_count()});
    Batch batch;
    constexpr int64_t size = 256, batches = 800;
    uint64_t sample = 0;
    const double loading = measure(5, [&] {
        for (int64_t i = 0; i < batches; ++i, sample += size) loader.load(sample, size, batch);
    });
    say(report, "loader_windows_per_s", size * batches / loading);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("How fast maps are read, and windows come out of a pack.");
    std::string folder, json;
    app.add_option("folder", folder, "maps to read")->check(CLI::ExistingDirectory);
    app.add_option("--json", json, "add the figures to this file");
    CLI11_PARSE(app, argc, argv);
    set_thread_count(1);
    bench::Report report(json);
    if (!folder.empty()) bench_reading(folder, report);
    const fs::path file = fs::temp_directory_path() / ("osu-bench-" + std::to_string(::getpid()) + ".pack");
    write_invented_pack(file, 60000, 200);
    bench_loader(file, report);
    fs::remove(file);
}
