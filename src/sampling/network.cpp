#include "sampling/network.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace osu {

namespace {

CheckpointInfo describe_as_asked(const Checkpoint& checkpoint, const std::string& name,
                                 const NetworkFlags& flags) {
    const CheckpointInfo info = describe(checkpoint, flags.num_heads, flags.with_labels);
    const DitConfig& config = info.config;
    if (flags.num_classes && flags.num_classes != config.num_classes)
        fail(Hint{"leave --num-classes out"}, "--num-classes is {}, but {} has {} classes", flags.num_classes,
             name, config.num_classes);
    if (!flags.model.empty() && dit_config(flags.model, config.num_classes) != config)
        fail(Hint{"leave --model out"}, "--model is {}, but {} is a {}", flags.model, name, config.name());
    return info;
}

LabelIndex known_labels(const CheckpointInfo& info, const std::string& beatmap_idx) {
    const char* usual = "beatmap_idx.pickle";
    if (beatmap_idx.empty() && info.labels.class_count() > 0) return info.labels;
    if (beatmap_idx.empty() && !std::filesystem::exists(usual))
        fail(Hint{"give the dataset's index with --beatmap-idx"},
             "the checkpoint does not know which style is which map");
    return read_label_index(beatmap_idx.empty() ? usual : beatmap_idx);
}

std::string describe_map(const LabelIndex& index, int64_t id) {
    const int32_t label = index.find(id);
    for (const LabelEntry& entry : index.entries())
        if (entry.label == label && !entry.title.empty())
            return fmt::format("{} ({} - {} [{}])", id, entry.artist, entry.title, entry.version);
    return std::to_string(id);
}

// Rows of held-out maps are as they were drawn.
bool is_untrained(const CheckpointInfo& info, int32_t label) {
    return std::any_of(
        info.labels.entries().begin(), info.labels.entries().end(),
        [&](const LabelEntry& entry) { return entry.label == label && is_held_out(info.held_out, entry); });
}

[[noreturn]] void fail_unknown_mapper(const LabelIndex& index, const std::string& name) {
    if (const std::vector<std::string> nearest = index.nearest_creators(name, 5); !nearest.empty())
        fail(Hint{"the nearest are " + listed(nearest)}, "no style is by a mapper {}", name);
    std::map<std::string, int> maps;
    for (const LabelEntry& entry : index.entries())
        if (!entry.creator.empty()) ++maps[entry.creator];
    std::vector<std::pair<int, std::string>> most;
    for (const auto& [creator, count] : maps) most.push_back({-count, creator});
    std::sort(most.begin(), most.end());
    std::vector<std::string> names;
    for (size_t i = 0; i < std::min<size_t>(most.size(), 8); ++i) names.push_back(most[i].second);
    if (names.empty()) fail(Hint{"use --style-id"}, "the index of styles has no mappers");
    fail(Hint{"those with most maps: " + listed(names)}, "no style is by a mapper {}", name);
}

}  // namespace

SamplingNetwork::SamplingNetwork(const std::filesystem::path& path, const NetworkFlags& flags,
                                 Backend& backend)
    : SamplingNetwork(read_checkpoint(path), path.string(), flags, backend) {}

SamplingNetwork::SamplingNetwork(Checkpoint checkpoint, std::string name, const NetworkFlags& flags,
                                 Backend& backend)
    : name_(std::move(name)),
      checkpoint_(std::move(checkpoint)),
      info_(describe_as_asked(checkpoint_, name_, flags)),
      reader_(checkpoint_.file),
      network_(std::make_unique<DitSampler>(
          info_.config, backend, checkpoint_.weights(),
          [this](const TensorView& tensor) { return reader_.read(tensor.bytes); })) {}

std::vector<float> SamplingNetwork::style(std::span<const int32_t> labels) const {
    std::vector<double> sum(config().hidden);
    for (const int32_t label : labels) {
        if (label < 0 || label >= config().num_classes)
            fail(Hint{"the index belongs to another checkpoint"}, "class {} is none of the {} that {} has",
                 label, config().num_classes, name_);
        const std::vector<float> row = label_vector(checkpoint_.weights(), label);
        for (size_t i = 0; i < sum.size(); ++i) sum[i] += row[i];
    }
    std::vector<float> mean;
    for (const double value : sum)
        mean.push_back(static_cast<float>(value / static_cast<double>(labels.size())));
    return mean;
}

std::vector<float> SamplingNetwork::null_style() const {
    return label_vector(checkpoint_.weights(), config().null_label());
}

int32_t class_of(const LabelIndex& index, int64_t beatmap_id) {
    const int32_t label = index.find(beatmap_id);
    if (label >= 0) return label;
    std::vector<std::string> nearest;
    for (const int64_t id : index.nearest_ids(beatmap_id, 5)) nearest.push_back(describe_map(index, id));
    fail(Hint{nearest.empty() ? "the index is empty" : "the nearest are " + listed(nearest)},
         "no style has the beatmap ID {}", beatmap_id);
}

std::vector<int32_t> find_style(const CheckpointInfo& info, const StyleFlags& flags) {
    if (!flags.id && flags.mapper.empty()) return {};
    const LabelIndex index = known_labels(info, flags.beatmap_idx);
    std::vector<int32_t> labels =
        flags.id ? std::vector{class_of(index, *flags.id)} : index.by_creator(flags.mapper);
    if (labels.empty()) fail_unknown_mapper(index, flags.mapper);
    std::erase_if(labels, [&](int32_t label) { return is_untrained(info, label); });
    if (labels.empty())
        fail(Hint{"osu-diffusion styles --ckpt … lists those that it knows"},
             "the style of {} was held out of training: the model knows nothing of it",
             flags.id ? "map " + std::to_string(*flags.id) : flags.mapper);
    return labels;
}

}  // namespace osu
