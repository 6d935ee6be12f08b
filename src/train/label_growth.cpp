#include "train/label_growth.h"

#include <algorithm>

#include "base/error.h"
#include "model/parameters.h"
#include "sampling/checkpoint_metadata.h"

namespace osu {

namespace {

// What tells a map from others where it may have no ID.
bool is_same_map(const LabelEntry& a, const LabelEntry& b) {
    return a.creator == b.creator && a.title == b.title && a.version == b.version;
}

void check_agreement(const LabelIndex& known, const LabelIndex& labels, int32_t classes) {
    if (known.class_count() == 0)
        fail(Hint{"--relearn-embeds begins the label table anew"},
             "the checkpoint does not say which maps its label table has");
    if (labels.class_count() < classes)
        fail(Hint{"--grow-labels is for a dataset that has grown"},
             "the dataset has {} classes, the checkpoint {} already", labels.class_count(), classes);
    const std::vector<LabelEntry>& now = labels.entries();
    for (const LabelEntry& entry : known.entries()) {
        const auto at = std::find_if(now.begin(), now.end(),
                                     [&](const LabelEntry& other) { return other.label == entry.label; });
        if (at == now.end() || !is_same_map(*at, entry))
            fail(Hint{"add the new maps to the dataset that it was trained on, behind its own"},
                 "class {} of the checkpoint is {} - {} [{}] by {}, which the dataset has not there",
                 entry.label, entry.artist, entry.title, entry.version, entry.creator);
    }
}

// Rows of `known` for every class of `labels`, and the null row behind them.
std::vector<float> grown(const std::vector<float>& table, size_t width, const LabelIndex& known,
                         const LabelIndex& labels) {
    const size_t classes = table.size() / width - 1, count = static_cast<size_t>(labels.class_count());
    const auto row_of = [&](size_t index) { return table.begin() + static_cast<int64_t>(index * width); };
    std::vector<float> rows((count + 1) * width);
    const auto to = [&](size_t index) { return rows.begin() + static_cast<int64_t>(index * width); };
    std::copy(table.begin(), row_of(classes), rows.begin());
    for (size_t index = classes; index <= count; ++index) std::copy_n(row_of(classes), width, to(index));
    for (const LabelEntry& entry : labels.entries()) {
        const auto index = static_cast<size_t>(entry.label);
        const std::vector<int32_t> others = known.by_creator(entry.creator);
        if (index < classes || others.empty()) continue;
        for (size_t k = 0; k < width; ++k) {
            double sum = 0;
            for (const int32_t other : others)
                sum += *(row_of(static_cast<size_t>(other)) + static_cast<int64_t>(k));
            *(to(index) + static_cast<int64_t>(k)) =
                static_cast<float>(sum / static_cast<double>(others.size()));
        }
    }
    return rows;
}

}  // namespace

void check_same_maps(const LabelIndex& known, const LabelIndex& labels, const std::string& whose,
                     const char* hint) {
    const std::vector<LabelEntry>& before = known.entries();
    for (const LabelEntry& entry : labels.entries()) {
        const auto at = std::lower_bound(before.begin(), before.end(), entry.label,
                                         [](const LabelEntry& a, int32_t label) { return a.label < label; });
        if (at == before.end() || at->label != entry.label) continue;
        // Of one ID they are one map under whatever names, and some files know IDs alone.
        const bool have_ids = at->beatmap_id > 0 && entry.beatmap_id > 0;
        if (have_ids && at->beatmap_id == entry.beatmap_id) continue;
        const bool has_names = !at->creator.empty() || !at->title.empty();
        if (has_names ? is_same_map(*at, entry) : !have_ids) continue;
        fail(Hint{hint}, "class {} of {} is {} - {} [{}] by {}, and of the dataset {} - {} [{}] by {}",
             entry.label, whose, at->artist, at->title, at->version, at->creator, entry.artist, entry.title,
             entry.version, entry.creator);
    }
}

void grow_label_table(Checkpoint& checkpoint, const LabelIndex& labels) {
    const CheckpointInfo info = describe(checkpoint);
    check_agreement(info.labels, labels, info.config.num_classes);
    for (TensorMap* tensors : {&checkpoint.model, &checkpoint.ema}) {
        const auto table = tensors->find(label_table);
        if (table == tensors->end()) continue;
        const auto width = static_cast<size_t>(info.config.hidden);
        auto rows =
            std::make_shared<std::vector<float>>(grown(to_floats(table->second), width, info.labels, labels));
        table->second = {
            DType::f32, {labels.class_count() + 1, info.config.hidden}, std::as_bytes(std::span(*rows))};
        checkpoint.storage.push_back(rows);
    }
    checkpoint.exp_avg.clear();
    checkpoint.exp_avg_sq.clear();
    CheckpointInfo changed = info;
    changed.config.num_classes = labels.class_count();
    changed.labels = labels;
    set_metadata(checkpoint, changed);
}

}  // namespace osu
