// Any map: its positions as the game shows them, its sequence, and that written back. Unchanged it must give
// the same bytes; with other coordinates and fitted velocities, a map of the same objects.
#include <cstdlib>

#include "base/error.h"
#include "base/random.h"
#include "beatmap/game_positions.h"
#include "sequence/sequence.h"

using namespace osu;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

void remap_all(const Beatmap& map, uint64_t seed) {
    stack_offsets(map);
    const Sequence sequence = to_sequence(map);
    check(distances(sequence).size() == sequence.size());
    RemapOptions options{.beatmap_id = map.metadata.beatmap_id};
    check(remap(map, sequence.position, options) == map.text);
    Philox random(seed);
    std::vector<Vec2> position(sequence.size());
    for (Vec2& p : position) p = {random.uniform() * 600 - 50, random.uniform() * 500 - 50};
    options.velocity = seed % 2 ? VelocityMode::fit : VelocityMode::keep;
    options.allow_offscreen = seed % 4 > 1;
    const Beatmap back = parse_beatmap(remap(map, position, options));
    check(back.objects.size() == map.objects.size());
    check(to_sequence(back).size() == sequence.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    try {
        const Beatmap map = parse_beatmap(std::string(reinterpret_cast<const char*>(data), size));
        if (map.mode == GameMode::standard) remap_all(map, size);
    } catch (const Error&) {  // no beatmap
    }
    return 0;
}
