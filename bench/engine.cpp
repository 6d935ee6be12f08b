// Places a map in float32, wherever it was compiled for, and prints what came out and where its time went:
//   bench_engine MODEL.safetensors MAP.osu [steps [threads [times [free]]]]
// In browsers too (preset web-threads), where bench/engine.mjs gives it its files:
// positions are compared, and times are taken, between builds. The model is read to memory first, as a page
// has it.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <fmt/format.h>

#include "archive/checkpoint.h"
#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/profile.h"
#include "ops/backend.h"
#include "sampling/sampling.h"

namespace osu {
namespace {

void run(int argc, char** argv) {
    if (argc < 3) fail("usage: bench_engine MODEL MAP [steps [threads [times [free]]]]");
    const auto number = [&](int i, int usual) { return i < argc ? std::atoi(argv[i]) : usual; };
    const Profile profile(true);
    set_thread_count(number(4, 0));
    const std::string model = read_file(argv[1]);
    const Beatmap map = parse_beatmap(read_file(argv[2]));
    const MapDatapoints source(map);
    const auto backend = make_cpu_backend(DType::f32);
    SamplingNetwork network(parse_checkpoint(std::as_bytes(std::span(model))), argv[1], {}, *backend);
    SamplingOptions options;
    options.steps = fmt::format("{}", number(3, 15));
    options.allow_offscreen = number(6, 0) != 0;
    options.keep_spacing = options.keep_structure = !options.allow_offscreen;
    Placement placed;
    for (int i = 0; i < number(5, 1); ++i) placed = place(network, source.view(), {}, options);
    for (const Vec2& position : placed.pixels(0)) fmt::print("{} {}\n", position.x, position.y);
    fmt::print("{} threads, {} datapoints{}", thread_count(), source.view().size(), profile.table());
}

}  // namespace
}  // namespace osu

int main(int argc, char** argv) {
    try {
        osu::run(argc, argv);
        return 0;
    } catch (const osu::Error& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
    }
    return 1;
}
