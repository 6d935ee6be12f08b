// Any text: read, written back, made into paths and a sequence. Written back unchanged it is the same text; a
// value that was set is read again.
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "beatmap/rewrite.h"
#include "beatmap/slider_path.h"
#include "sequence/sequence.h"

namespace {

using namespace osu;

void require(bool holds) {
    if (!holds) std::abort();
}

bool finite(Vec2 point) {
    return std::isfinite(point.x) && std::isfinite(point.y);
}

void check_paths(const Beatmap& map) {
    SliderPath path;
    for (const HitObject& object : map.objects) {
        require(std::isfinite(object.start_time) && std::isfinite(object.end_time));
        require(object.end_time >= object.start_time && object.line < map.lines.size());
        if (object.kind != ObjectKind::slider) continue;
        path.assign(map, object);
        require(path.length() >= 0 && std::isfinite(path.length()) && finite(path.position_at(1)));
    }
}

void check_sequence(const Beatmap& map) {
    const Sequence sequence = to_sequence(map);
    for (size_t i = 0; i < sequence.size(); ++i)
        require(finite(sequence.position[i]) && std::isfinite(sequence.time[i]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
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

    check_paths(map);
    if (map.mode == GameMode::standard) check_sequence(map);

    rewrite.set_value(Section::metadata, "Version", "fuzzed");
    const Beatmap changed = parse_beatmap(rewrite.text());
    require(changed.metadata.version == "fuzzed");
    require(changed.objects.size() == map.objects.size());
    return 0;
}
