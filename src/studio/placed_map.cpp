#include "studio/placed_map.h"

#include <algorithm>

#include "base/error.h"
#include "beatmap/slider_path.h"
#include "sequence/sequence.h"
#include "sequence/sequence_path.h"

namespace osu::studio {

namespace {

Beatmap standard_map(std::string text) {
    Beatmap map = parse_beatmap(std::move(text));
    if (map.mode != GameMode::standard)
        fail(Hint{"choose a difficulty of osu! itself, not of taiko, catch or mania"},
             "[{}] is a map of another game mode", map.metadata.version);
    if (map.objects.empty()) fail("[{}] has no hit objects", map.metadata.version);
    return map;
}

// Where a rewritten map has the source's datapoints. The last of two equal anchors may have been parted from
// the other, so that the path can go on: it counts where the other is, from where it would be parted again.
Vec2 place_of(const SourceMap& source, const Beatmap& map, uint32_t datapoint, SliderPath& path) {
    const Sequence& sequence = source.datapoints.sequence();
    const uint32_t index = sequence.object[datapoint];
    const HitObject& object = map.objects[index];
    if (object.kind != ObjectKind::slider) return object.position;
    if (is_slider_end(sequence.type[datapoint])) {
        path.assign(map, object);
        return path.position_at(1);
    }
    const auto anchors = map.anchors_of(object), before = source.map.anchors_of(source.map.objects[index]);
    const size_t anchor = sequence.anchor[datapoint], count = before.size();
    const bool doubled = count > 2 && anchor == count - 1 && before[anchor] == before[anchor - 1];
    return anchors[doubled ? anchor - 1 : anchor];
}

}  // namespace

SourceMap::SourceMap(std::string text) : map(standard_map(std::move(text))), datapoints(map) {
    const std::vector<uint32_t>& object = datapoints.sequence().object;
    first.assign(objects() + 1, static_cast<uint32_t>(object.size()));
    for (size_t i = object.size(); i-- > 0;) first[object[i]] = static_cast<uint32_t>(i);
    for (size_t i = objects(); i-- > 0;) first[i] = std::min(first[i], first[i + 1]);
}

std::vector<Vec2> gathered(const SourceMap& source, std::span<const uint32_t> objects,
                           std::span<const Vec2> all) {
    std::vector<Vec2> some;
    for (const uint32_t i : objects)
        some.insert(some.end(), all.begin() + source.first[i], all.begin() + source.first[i + 1]);
    return some;
}

void scatter(const SourceMap& source, std::span<const uint32_t> objects, std::span<const Vec2> some,
             std::vector<Vec2>& all) {
    size_t next = 0;
    for (const uint32_t i : objects)
        for (uint32_t t = source.first[i]; t < source.first[i + 1]; ++t) all[t] = some[next++];
}

PlacedMap::PlacedMap(std::shared_ptr<const SourceMap> source)
    : source_(std::move(source)),
      map_(source_, &source_->map),
      positions_(source_->positions().begin(), source_->positions().end()),
      shapes_(shapes_of(source_->map)),
      is_changed_(source_->objects()) {}

std::vector<uint32_t> PlacedMap::changed() const {
    std::vector<uint32_t> objects;
    for (uint32_t i = 0; i < is_changed_.size(); ++i)
        if (is_changed_[i]) objects.push_back(i);
    return objects;
}

std::string PlacedMap::rewritten(std::span<const Vec2> positions, const std::vector<uint8_t>& selected,
                                 bool inside, const std::string& version) const {
    RemapOptions options;
    options.version = version;
    options.allow_offscreen = !inside;
    options.selected = selected;
    return remap(source_->map, positions, options);
}

PlacedMap PlacedMap::with(std::span<const uint32_t> objects, std::span<const Vec2> positions,
                          bool inside) const {
    PlacedMap placed = *this;
    scatter(*source_, objects, gathered(*source_, objects, positions), placed.positions_);
    const auto settle = [&](bool inside, std::span<const uint32_t> which) {
        std::vector<uint8_t> selected(source_->objects());
        for (const uint32_t i : which) selected[i] = 1;
        auto map = std::make_shared<const Beatmap>(
            parse_beatmap(rewritten(placed.positions_, selected, inside, {})));
        SliderPath path;
        for (const uint32_t i : which)
            for (uint32_t t = source_->first[i]; t < source_->first[i + 1]; ++t)
                placed.positions_[t] = place_of(*source_, *map, t, path);
        return map;
    };
    if (inside) settle(true, objects);
    for (const uint32_t i : objects) placed.is_changed_[i] = 1;
    placed.map_ = settle(false, placed.changed());
    const std::vector<Vec2> source = gathered(*source_, objects, source_->positions());
    const std::vector<Vec2> now = gathered(*source_, objects, placed.positions_);
    size_t next = 0;
    for (const uint32_t i : objects) {
        const size_t count = source_->first[i + 1] - source_->first[i];
        placed.is_changed_[i] = !std::equal(source.begin() + static_cast<std::ptrdiff_t>(next),
                                            source.begin() + static_cast<std::ptrdiff_t>(next + count),
                                            now.begin() + static_cast<std::ptrdiff_t>(next));
        next += count;
    }
    update_shapes(*placed.map_, objects, placed.shapes_);
    return placed;
}

std::string PlacedMap::text(const std::string& version) const {
    std::vector<uint8_t> selected(is_changed_);
    return rewritten(positions_, selected, false, version);
}

}  // namespace osu::studio
