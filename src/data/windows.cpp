#include "data/windows.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "data/permutation.h"

namespace osu {

namespace {

// Purposes of random streams: the top byte of the stream's number.
constexpr uint64_t shuffle_streams = uint64_t{1} << 56;
constexpr uint64_t start_streams = uint64_t{2} << 56;
constexpr uint64_t augment_streams = uint64_t{3} << 56;
constexpr uint64_t distance_streams = uint64_t{4} << 56;

struct Augmentation {
    bool flip_x = false, flip_y = false, drop_label = false, double_time = false;
    double time_offset = 0;  // ms
};

}  // namespace

struct WindowLoader::State {
    PackedDataset dataset;
    WindowOptions options;
    struct Entry {
        const float *x, *y, *distance;
        const double* time;
        const uint8_t* type;
        uint32_t map, count;
        int32_t label;
    };
    std::vector<Entry> entries;
    std::vector<uint64_t> first_window;  // of each entry, and the total behind the last

    uint64_t total() const { return first_window.back(); }

    // Every draw is made whatever the options, so that one option does not change what another draws.
    Augmentation augmentation(uint64_t sample) const {
        Philox random(options.seed, augment_streams | sample);
        Augmentation result;
        result.flip_x = (random.next_u32() & 1) != 0 && options.augment;
        result.flip_y = (random.next_u32() & 1) != 0 && options.augment;
        const double offset = random.uniform() * options.max_time_offset;
        result.time_offset = options.augment ? offset : 0;
        result.drop_label = random.uniform() < options.label_dropout;
        result.double_time = random.uniform() < options.double_time && options.augment;
        return result;
    }

    uint32_t start_of(uint64_t window, size_t entry, uint64_t epoch) const {
        const int64_t last = int64_t{entries[entry].count} - options.tokens;
        if (last <= 0) return 0;
        uint64_t start = (window - first_window[entry]) * static_cast<uint64_t>(options.stride);
        if (options.augment)
            start += Philox(options.seed, start_streams | (epoch * entries.size() + entry))
                         .below(static_cast<uint64_t>(options.stride));
        return static_cast<uint32_t>(std::min<uint64_t>(start, static_cast<uint64_t>(last)));
    }

    void fill(uint64_t sample, uint64_t window, Batch& batch, int64_t row) const;
};

namespace {

void copy_positions(const float* from, float* to, int64_t count, float size, bool flip) {
    if (flip)
        for (int64_t i = 0; i < count; ++i) to[i] = (size - from[i]) / size;
    else
        for (int64_t i = 0; i < count; ++i) to[i] = from[i] / size;
}

void add_noise(std::span<float> distance, double deviation, Philox random) {
    std::vector<float> noise(distance.size());
    random.fill_normal(noise);
    for (size_t i = 0; i < noise.size(); ++i)
        distance[i] = std::max(0.0f, distance[i] + static_cast<float>(deviation) * noise[i]);
}

}  // namespace

void WindowLoader::State::fill(uint64_t sample, uint64_t window, Batch& batch, int64_t row) const {
    const size_t index = static_cast<size_t>(
        std::upper_bound(first_window.begin(), first_window.end(), window) - first_window.begin() - 1);
    const Entry& entry = entries[index];
    const uint32_t start = start_of(window, index, sample / total());
    const int64_t tokens = options.tokens, count = std::min<int64_t>(entry.count - start, tokens);
    const Augmentation augmented = augmentation(sample);

    float* x = batch.x.data() + row * 2 * tokens;
    copy_positions(entry.x + start, x, count, 512, augmented.flip_x);
    copy_positions(entry.y + start, x + tokens, count, 384, augmented.flip_y);
    float* time = batch.time.data() + row * tokens;
    const double rate = augmented.double_time ? 1.5 : 1;
    for (int64_t i = 0; i < count; ++i)
        time[i] =
            static_cast<float>((entry.time[start + i] - entry.time[start]) / rate + augmented.time_offset);
    float* distance = batch.distance.data() + row * tokens;
    std::copy_n(entry.distance + start, count, distance);
    if (options.augment && options.distance_noise > 0)
        add_noise(std::span(distance, static_cast<size_t>(count)), options.distance_noise,
                  Philox(options.seed, distance_streams | sample));
    uint8_t* type = batch.type.data() + row * tokens;
    std::copy_n(entry.type + start, count, type);
    if (count < tokens) {
        std::fill(x + count, x + tokens, 0.0f);
        std::fill(x + tokens + count, x + 2 * tokens, 0.0f);
        std::fill(time + count, time + tokens, 0.0f);
        std::fill(distance + count, distance + tokens, 0.0f);
        std::fill(type + count, type + tokens, uint8_t{0});
    }
    batch.label[row] = augmented.drop_label ? options.null_label : entry.label;
    batch.lengths[row] = static_cast<int32_t>(count);
    batch.map[row] = entry.map;
    batch.start[row] = start;
    batch.sample[row] = sample;
}

WindowLoader::WindowLoader(PackedDataset dataset, std::vector<uint32_t> maps, const WindowOptions& options) {
    if (options.tokens < 1 || options.stride < 1)
        fail("windows need at least one datapoint and a stride of at least one, not {} and {}",
             options.tokens, options.stride);
    auto state = std::make_shared<State>(State{std::move(dataset), options, {}, {0}});
    const PackedDataset& data = state->dataset;
    for (const uint32_t index : maps) {
        const DatasetMap map = data.map(index);
        if (map.count == 0) continue;
        state->entries.push_back({data.x(map).data(), data.y(map).data(), data.distance(map).data(),
                                  data.time(map).data(), data.type(map).data(), index, map.count, map.label});
        const int64_t spare = std::max<int64_t>(0, int64_t{map.count} - options.tokens);
        state->first_window.push_back(state->total() + static_cast<uint64_t>(spare / options.stride) + 1);
    }
    if (state->entries.empty()) fail("no map to train on is left");
    state_ = std::move(state);
}

uint64_t WindowLoader::windows_per_epoch() const {
    return state_->total();
}

void WindowLoader::load(uint64_t first_sample, int64_t size, Batch& batch) const {
    const State& state = *state_;
    const size_t rows = static_cast<size_t>(size), cells = rows * static_cast<size_t>(state.options.tokens);
    batch.size = size;
    batch.tokens = state.options.tokens;
    batch.x.resize(2 * cells);
    for (auto* array : {&batch.time, &batch.distance}) array->resize(cells);
    batch.type.resize(cells);
    for (auto* array : {&batch.label, &batch.lengths}) array->resize(rows);
    for (auto* array : {&batch.map, &batch.start}) array->resize(rows);
    batch.sample.resize(rows);
    if (size == 0) return;

    const uint64_t total = state.total(), first_epoch = first_sample / total;
    std::vector<Permutation> order;  // one for each epoch that the batch touches
    for (uint64_t epoch = first_epoch; epoch <= (first_sample + rows - 1) / total; ++epoch)
        order.emplace_back(total, state.options.seed, shuffle_streams | epoch);
    parallel_for(size, [&](int64_t row) {
        const uint64_t sample = first_sample + static_cast<uint64_t>(row);
        state.fill(sample, order[sample / total - first_epoch](sample % total), batch, row);
    });
    state.dataset.check();
}

}  // namespace osu
