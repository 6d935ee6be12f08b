// How fast maps are read: bench_beatmap FOLDER (all .osu in it), one thread, text already in memory. Prints
// MB of text a second of CPU time, so that busy neighbours count less; the fastest of several passes.
#include "beatmap/beatmap.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

#include "base/file.h"
#include "beatmap/rewrite.h"
#include "sequence/sequence.h"

namespace {

using namespace osu;

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Work>
void measure(const char* name, const std::vector<std::string>& texts, Work work) {
    double best = 1e9, bytes = 0;
    for (const std::string& text : texts) bytes += static_cast<double>(text.size());
    size_t sum = 0;
    for (int pass = 0; pass < 15; ++pass) {
        const double start = cpu_seconds();
        for (const std::string& text : texts) sum += work(text);
        best = std::min(best, cpu_seconds() - start);
    }
    std::printf("%-24s %7.1f MB/s  %8.1f maps/s  (%zu)\n", name, bytes / best / 1e6,
                static_cast<double>(texts.size()) / best, sum);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]), 1;
    std::vector<std::string> texts;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
        if (entry.path().extension() == ".osu") texts.push_back(read_file(entry.path()));
    measure("read", texts, [](const std::string& text) { return parse_beatmap(text).objects.size(); });
    measure("read, sequence", texts, [](const std::string& text) {
        const Beatmap map = parse_beatmap(text);
        return map.mode == GameMode::standard ? to_sequence(map).size() : 0;
    });
    measure("read, write back", texts, [](const std::string& text) {
        const Beatmap map = parse_beatmap(text);
        return Rewrite(map).text().size();
    });
}
