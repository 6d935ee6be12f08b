#include "evaluation/placed_maps.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace osu {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> maps_in(const fs::path& folder) {
    if (!fs::is_directory(folder)) fail("{} is no folder", folder.string());
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && lower_extension(entry.path()) == ".osu")
            files.push_back(entry.path().lexically_relative(folder));
    if (files.empty()) fail("{} holds no .osu", folder.string());
    std::sort(files.begin(), files.end());
    return files;
}

// Of the kinds that decide where an object begins and ends; what curve an anchor bends may depend on its
// place, and combos are nobody's placement.
bool same_objects(const Datapoints& placed, const Datapoints& source) {
    const auto same = [](uint8_t a, uint8_t b) {
        return a == b || (group_of(a) == group_of(b) && group_of(a) != PointGroup::slider_end);
    };
    return std::equal(placed.type.begin(), placed.type.end(), source.type.begin(), source.type.end(), same);
}

}  // namespace

Evaluation evaluate_placed(const fs::path& placed, const fs::path& sources) {
    std::vector<MeasuredMap> maps;
    std::vector<std::vector<Vec2>> positions;
    FlowHistogram flow{};
    for (const fs::path& file : maps_in(placed)) {
        if (!fs::exists(sources / file))
            fail(Hint{"a source has the name and the place of the map that was placed on it"},
                 "{} has no source in {}", file.string(), sources.string());
        const MapDatapoints map(read_beatmap(placed / file));
        maps.emplace_back(read_beatmap(sources / file));
        const MeasuredMap& source = maps.back();
        if (!same_objects(map.view(), source.real))
            fail(Hint{"objects keep their order, their kinds, and the number of a slider's anchors"},
                 "{} has other objects than its source", (placed / file).string());
        positions.emplace_back(map.view().position.begin(), map.view().position.end());
        count_turns(source.plan, source.position, flow);
    }
    const MeasuredMap* const first = maps.data();  // moving the vector leaves its maps where they are
    Comparison comparison(std::move(maps), flow, [](const std::string&) {});
    std::vector<size_t> all;
    for (size_t i = 0; i < positions.size(); ++i) all.push_back(i);
    comparison.add(
        "model", "placed",
        [&](const MeasuredMap& map) { return Placements{positions[static_cast<size_t>(&map - first)]}; },
        all);
    comparison.add_real_and_walks(1, 0);
    return comparison.finish();
}

}  // namespace osu
