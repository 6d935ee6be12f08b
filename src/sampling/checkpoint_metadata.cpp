#include "sampling/checkpoint_metadata.h"

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace osu {

namespace {

using nlohmann::json;

// The JSON below a key, or null. Error when the file has the key and what stands there is no JSON object.
json part(const Checkpoint& checkpoint, const char* key) {
    const auto found = checkpoint.metadata.find(key);
    if (found == checkpoint.metadata.end()) return nullptr;
    json value = json::parse(found->second, nullptr, false);
    if (!value.is_object()) fail("the checkpoint's metadata \"{}\" is damaged", key);
    return value;
}

template <class T>
T field(const json& object, const char* key, T otherwise) {
    const auto found = object.find(key);
    if (found == object.end()) return otherwise;
    try {
        return found->get<T>();
    } catch (const json::exception&) {
        fail("the checkpoint's metadata has a wrong \"{}\"", key);
    }
}

}  // namespace

CheckpointInfo describe(const Checkpoint& checkpoint, int heads, bool with_labels) {
    CheckpointInfo info;
    const json config = part(checkpoint, "config"), training = part(checkpoint, "training"),
               args = part(checkpoint, "args"), sampling = part(checkpoint, "sampling");
    const int stored_heads = config.is_null() ? 0 : field(config, "heads", 0);
    if (heads > 0 && stored_heads > 0 && heads != stored_heads)
        fail("{} heads were asked for, but the checkpoint was trained with {}", heads, stored_heads);
    info.config = infer_config(checkpoint.weights(), heads > 0 ? heads : stored_heads);
    // The reference's checkpoints tell it among the flags of their training.
    const json& flags = config.is_null() ? args : config;
    if (!flags.is_null())
        info.noise_schedule =
            noise_schedule(field<std::string>(flags, "noise_schedule", "squaredcos_cap_v2"));
    if (!args.is_null()) info.tokens = field<int64_t>(args, "seq_len", 0);
    if (const auto labels = checkpoint.metadata.find("labels");
        with_labels && labels != checkpoint.metadata.end()) {
        info.labels = parse_label_index(labels->second);
        if (info.labels.class_count() > info.config.num_classes)
            fail("the checkpoint's labels name {} classes of {}", info.labels.class_count(),
                 info.config.num_classes);
    }
    if (!sampling.is_null()) info.student_steps = field(sampling, "steps", std::vector<int>());
    info.step = checkpoint.optimizer_step;
    if (!training.is_null()) {
        info.step = field(training, "step", info.step);
        info.samples = field<uint64_t>(training, "samples", 0);
        info.tokens = field<int64_t>(training, "tokens", 0);
        info.seed = field<uint64_t>(training, "seed", 0);
        info.held_out = {field(training, "validation_split", 0.0),
                         field<uint64_t>(training, "held_out_seed", info.seed),
                         field(training, "held_out", std::set<std::string>())};
    }
    return info;
}

void set_metadata(Checkpoint& checkpoint, const CheckpointInfo& info) {
    checkpoint.metadata["config"] = json{
        {"model", info.config.name()},
        {"depth", info.config.depth},
        {"hidden", info.config.hidden},
        {"heads", info.config.heads},
        {"num_classes", info.config.num_classes},
        {"noise_schedule",
         name_of(info.noise_schedule)}}.dump();
    checkpoint.metadata.erase("sampling");
    if (!info.student_steps.empty())
        checkpoint.metadata["sampling"] = json{{"sampler", "ddim"}, {"steps", info.student_steps}}.dump();
    checkpoint.metadata["labels"] = info.labels.to_json();
    checkpoint.metadata["training"] = json{
        {"step", info.step},
        {"samples", info.samples},
        {"tokens", info.tokens},
        {"validation_split", info.held_out.share},
        {"held_out_seed", info.held_out.seed},
        {"held_out", info.held_out.mappers},
        {"seed", info.seed}}.dump();
}

}  // namespace osu
