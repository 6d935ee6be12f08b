#include "data/packed_dataset.h"

#include <algorithm>
#include <limits>

#include "archive/safetensors.h"
#include "base/error.h"
#include "data/pack_writer.h"

namespace osu {

struct PackedDataset::State {
    Safetensors archive;
    std::string fingerprint;
    std::span<const float> x, y, distance;
    std::span<const double> time;
    std::span<const uint8_t> type;
    std::span<const int64_t> first, beatmap_id, set_id;  // first: one more than there are maps
    std::span<const int32_t> label, track;
    std::span<const int64_t> string_first;  // pack_strings a map, one more at the end
    std::span<const uint8_t> strings;
    std::span<const int64_t> note_first;  // empty where the pack has no notes
    std::span<const uint8_t> notes;
    int32_t class_count = 0;
};

namespace {

template <class T>
constexpr DType dtype_of = DType::u8;
template <>
constexpr DType dtype_of<float> = DType::f32;
template <>
constexpr DType dtype_of<double> = DType::f64;
template <>
constexpr DType dtype_of<int32_t> = DType::i32;
template <>
constexpr DType dtype_of<int64_t> = DType::i64;

// The columns of one file, each checked for its type, shape and alignment.
class Columns {
  public:
    Columns(const Safetensors& archive, const std::string& file) : archive_(archive), file_(file) {}

    template <class T>
    std::span<const T> get(const char* name) const {
        const TensorView& tensor = archive_.tensor(name);
        if (tensor.type != dtype_of<T> || tensor.shape.size() != 1 ||
            reinterpret_cast<uintptr_t>(tensor.bytes.data()) % alignof(T) != 0)
            fail("{}: the column {} has not the type, shape or alignment of a packed dataset", file_, name);
        return tensor.as<T>();
    }

    template <class T>
    std::span<const T> get(const char* name, size_t count) const {
        const auto column = get<T>(name);
        if (column.size() != count)
            fail("{}: the column {} has {} entries, not {}", file_, name, column.size(), count);
        return column;
    }

    // Offsets from 0 to `end`, never falling.
    void check_offsets(const char* name, std::span<const int64_t> offsets, size_t end) const {
        if (offsets.front() != 0 || offsets.back() != static_cast<int64_t>(end) ||
            !std::is_sorted(offsets.begin(), offsets.end()))
            fail("{}: the offsets {} do not fit the data", file_, name);
    }

  private:
    const Safetensors& archive_;
    const std::string& file_;
};

}  // namespace

PackedDataset PackedDataset::open(const std::filesystem::path& file, WhenCut when_cut) {
    auto state = std::make_shared<State>(State{Safetensors::open(file, when_cut)});
    const auto& metadata = state->archive.metadata();
    const auto format = metadata.find("format");
    if (format == metadata.end() || format->second != pack_format)
        fail(Hint{"osu-diffusion dataset --pack makes one from a dataset folder"},
             "{} is not a packed dataset", file.string());
    if (const auto found = metadata.find("fingerprint"); found != metadata.end())
        state->fingerprint = found->second;

    const std::string name = file.string();
    const Columns columns(state->archive, name);
    state->x = columns.get<float>("x");
    const size_t datapoints = state->x.size();
    state->y = columns.get<float>("y", datapoints);
    state->distance = columns.get<float>("distance", datapoints);
    state->time = columns.get<double>("time", datapoints);
    state->type = columns.get<uint8_t>("type", datapoints);
    state->label = columns.get<int32_t>("map_label");
    const size_t maps = state->label.size();
    state->track = columns.get<int32_t>("map_track", maps);
    state->beatmap_id = columns.get<int64_t>("map_beatmap_id", maps);
    state->set_id = columns.get<int64_t>("map_set_id", maps);
    state->first = columns.get<int64_t>("map_first", maps + 1);
    state->string_first = columns.get<int64_t>("map_string_first", pack_strings * maps + 1);
    state->strings = columns.get<uint8_t>("map_strings");
    if (state->archive.tensors().contains("map_notes")) {
        state->note_first = columns.get<int64_t>("map_note_first", pack_notes * maps + 1);
        state->notes = columns.get<uint8_t>("map_notes");
        columns.check_offsets("map_note_first", state->note_first, state->notes.size());
    }
    columns.check_offsets("map_first", state->first, datapoints);
    columns.check_offsets("map_string_first", state->string_first, state->strings.size());
    for (size_t i = 0; i < maps; ++i) {
        if (state->first[i + 1] - state->first[i] > std::numeric_limits<uint32_t>::max() ||
            state->label[i] < 0 || state->label[i] == std::numeric_limits<int32_t>::max() ||
            state->track[i] < 0)
            fail("{}: map {} has impossible numbers", name, i);
        state->class_count = std::max(state->class_count, state->label[i] + 1);
    }
    state->archive.file()->check();
    return PackedDataset(std::move(state));
}

void PackedDataset::check() const {
    state_->archive.file()->check();
}

size_t PackedDataset::size() const {
    return state_->label.size();
}
uint64_t PackedDataset::datapoints() const {
    return state_->x.size();
}
int32_t PackedDataset::class_count() const {
    return state_->class_count;
}
const std::string& PackedDataset::fingerprint() const {
    return state_->fingerprint;
}

DatasetMap PackedDataset::map(size_t index) const {
    const State& state = *state_;
    if (index >= size()) fail("the dataset has {} maps, no map {}", size(), index);
    DatasetMap map;
    map.beatmap_id = state.beatmap_id[index];
    map.set_id = state.set_id[index];
    map.label = state.label[index];
    map.track = static_cast<uint32_t>(state.track[index]);
    map.first = static_cast<uint64_t>(state.first[index]);
    map.count = static_cast<uint32_t>(state.first[index + 1] - state.first[index]);
    const auto assign = [](std::span<const uint8_t> text, const int64_t* bounds, std::string& to) {
        to.assign(reinterpret_cast<const char*>(text.data()) + bounds[0],
                  static_cast<size_t>(bounds[1] - bounds[0]));
    };
    std::string* const strings[pack_strings] = {&map.creator, &map.artist, &map.title, &map.version,
                                                &map.path};
    for (size_t i = 0; i < pack_strings; ++i)
        assign(state.strings, &state.string_first[pack_strings * index + i], *strings[i]);
    if (state.note_first.empty()) return map;
    std::string* const notes[pack_notes] = {&map.tags, &map.md5};
    for (size_t i = 0; i < pack_notes; ++i)
        assign(state.notes, &state.note_first[pack_notes * index + i], *notes[i]);
    return map;
}

std::span<const float> PackedDataset::x(const DatasetMap& map) const {
    return state_->x.subspan(map.first, map.count);
}
std::span<const float> PackedDataset::y(const DatasetMap& map) const {
    return state_->y.subspan(map.first, map.count);
}
std::span<const double> PackedDataset::time(const DatasetMap& map) const {
    return state_->time.subspan(map.first, map.count);
}
std::span<const float> PackedDataset::distance(const DatasetMap& map) const {
    return state_->distance.subspan(map.first, map.count);
}
std::span<const uint8_t> PackedDataset::type(const DatasetMap& map) const {
    return state_->type.subspan(map.first, map.count);
}
std::vector<Vec2> PackedDataset::positions(const DatasetMap& map) const {
    const auto along = x(map), down = y(map);
    std::vector<Vec2> out(map.count);
    for (size_t i = 0; i < out.size(); ++i) out[i] = {along[i], down[i]};
    return out;
}
Datapoints PackedDataset::datapoints(const DatasetMap& map, std::span<const Vec2> positions) const {
    return {type(map), time(map), distance(map), positions};
}

}  // namespace osu
