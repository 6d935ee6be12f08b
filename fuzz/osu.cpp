// Any text: read, written back, made into paths and a sequence. Written back unchanged it is the same text; a
// value that was set is read again.
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "beatmap/game_positions.h"
#include "beatmap/rewrite.h"
#include "beatmap/slider_path.h"
#include "data/sequence.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace osu;
    const std::string text(reinterpret_cast<const char*>(data), size);
    Beatmap map;
    try {
        map = parse_beatmap(text);
    } catch (const Error&) {
        return 0;
    }
    require(map.text == text);
    Rewrite rewrite(map);
    require(rewrite.text() == text);

    SliderPath path;
    for (const HitObject& object : map.objects) {
        require(std::isfinite(object.start_time) && std::isfinite(object.end_time));
        require(object.end_time >= object.start_time && object.line < map.lines.size());
        if (object.kind != ObjectKind::slider) continue;
        path.assign(map, object);
        require(path.length() >= 0 && std::isfinite(path.length()));
        const Vec2 end = path.position_at(1);
        require(std::isfinite(end.x) && std::isfinite(end.y));
    }
    if (map.mode == GameMode::standard) {
        const Sequence sequence = to_sequence(map);
        for (size_t i = 0; i < sequence.size(); ++i)
            require(std::isfinite(sequence.position[i].x) && std::isfinite(sequence.time[i]));
    }

    rewrite.set_value(Section::metadata, "Version", "fuzzed");
    const Beatmap changed = parse_beatmap(rewrite.text());
    require(changed.metadata.version == "fuzzed");
    require(changed.objects.size() == map.objects.size());
    return 0;
}
