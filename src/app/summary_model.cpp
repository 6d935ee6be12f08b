// What `inspect` says of checkpoints, packed datasets and other files of tensors.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "app/summary.h"
#include "archive/checkpoint.h"
#include "archive/stored_zip.h"
#include "base/error.h"
#include "base/progress.h"
#include "data/packed_dataset.h"
#include "sampling/checkpoint_metadata.h"

namespace osu {

namespace {

std::string count_of(const TensorMap& tensors) {
    int64_t count = 0;
    std::set<std::string> types;
    for (const auto& [name, tensor] : tensors) {
        count += element_count(tensor.shape);
        types.emplace(name_of(tensor.type));
    }
    const std::string size = count < 1'000'000
                                 ? std::to_string(count)
                                 : fmt::format("{:.1f} million", static_cast<double>(count) / 1e6);
    return fmt::format("{} in {} tensors, {}", size, tensors.size(), joined({types.begin(), types.end()}));
}

// The most frequent names first, at most `most` of them.
std::string frequent(const std::map<std::string, size_t>& counts, size_t most) {
    std::vector<std::pair<size_t, std::string_view>> order;
    for (const auto& [name, count] : counts) order.emplace_back(count, name);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<std::string> parts;
    for (const auto& [count, name] : order) {
        if (parts.size() == most) break;
        parts.push_back(fmt::format("{} ({})", name, count));
    }
    return fmt::format("{}{}", joined(parts), order.size() > most ? ", …" : "");
}

void print_file(const char* kind, const std::filesystem::path& path) {
    print_fact("kind", "{}", kind);
    print_fact("file", "{}, {}", path.filename().string(),
               format_bytes(static_cast<double>(std::filesystem::file_size(path))));
}

void print_metadata(const std::map<std::string, std::string>& metadata) {
    constexpr size_t most = 1000;
    for (const auto& [key, text] : metadata) {
        if (key == "config" || key == "labels" || key == "training") continue;
        print_fact(key, "{}{}", text.substr(0, most), text.size() > most ? "…" : "");
    }
}

void print_network(const Checkpoint& checkpoint) {
    CheckpointInfo info;
    bool heads_known = true;
    try {
        info = describe(checkpoint);
    } catch (const Error&) {
        info = describe(checkpoint,
                        1);  // sizes of no known model: only the number of heads is not in the shapes
        heads_known = false;
    }
    const DitConfig& config = info.config;
    print_fact("network", "{}: depth {}, hidden {}, {} heads, {} classes",
               heads_known ? config.name() : "DiT", config.depth, config.hidden,
               heads_known ? std::to_string(config.heads) : "unknown", config.num_classes);
    print_fact("parameters", "{}", count_of(checkpoint.weights()));
    std::vector<std::string> parts;
    if (!checkpoint.model.empty()) parts.push_back("model");
    if (!checkpoint.ema.empty()) parts.push_back("EMA");
    if (!checkpoint.exp_avg.empty())
        parts.push_back(fmt::format("optimiser (step {})", checkpoint.optimizer_step));
    print_fact("holds", "{}", joined(parts));
    print_fact("noise", "{}", name_of(info.noise_schedule));
    if (info.step > 0)
        print_fact("training", "step {}{}", info.step,
                   info.samples > 0 ? fmt::format(", {} windows seen", info.samples) : "");
    if (info.tokens > 0) print_fact("window", "{} datapoints", info.tokens);
    if (info.labels.entries().empty())
        return print_fact("styles", "by class number only: the file names no maps");
    std::map<std::string, size_t> mappers;
    for (const LabelEntry& style : info.labels.entries()) ++mappers[style.creator];
    print_fact("styles", "{} maps of {} mappers: {}", info.labels.entries().size(), mappers.size(),
               frequent(mappers, 8));
}

void print_tensors(const TensorMap& tensors) {
    constexpr size_t most = 200;
    size_t shown = 0;
    for (const auto& [name, tensor] : tensors) {
        if (shown++ == most) return print_fact("…", "and {} more", tensors.size() - most);
        std::vector<std::string> sizes;
        for (int64_t size : tensor.shape) sizes.push_back(std::to_string(size));
        print_fact("tensor", "{} {} ({})", name, name_of(tensor.type), joined(sizes));
    }
}

void summarize_pack(const std::filesystem::path& path) {
    const PackedDataset dataset = PackedDataset::open(path);
    print_file("packed dataset", path);
    std::map<std::string, size_t> mappers;
    std::set<int64_t> sets;
    for (size_t i = 0; i < dataset.size(); ++i) {
        const DatasetMap map = dataset.map(i);
        ++mappers[map.creator];
        sets.insert(map.set_id);
    }
    print_fact("maps", "{} in {} sets", dataset.size(), sets.size());
    print_fact("datapoints", "{}", dataset.datapoints());
    print_fact("classes", "{}", dataset.class_count());
    print_fact("mappers", "{}: {}", mappers.size(), frequent(mappers, 8));
}

bool is_network(const TensorMap& weights) {
    return weights.contains("xoc_embedder.mlp.0.weight");
}

}  // namespace

void summarize_checkpoint(const std::filesystem::path& path) {
    const Checkpoint checkpoint = read_checkpoint(path);
    const auto format = checkpoint.metadata.find("format");
    if (format != checkpoint.metadata.end() && format->second.starts_with("osu-diffusion packed dataset"))
        return summarize_pack(path);
    const MappedFile file(path);
    const CheckpointFormat kind = checkpoint_format(file.bytes()).value();
    const char* name = kind == CheckpointFormat::safetensors ? "safetensors"
                       : kind == CheckpointFormat::torch_zip ? "PyTorch zip"
                                                             : "PyTorch stream (legacy)";
    if (is_network(checkpoint.weights())) {
        print_file(fmt::format("checkpoint, {}", name).c_str(), path);
        print_network(checkpoint);
    } else {
        print_file(fmt::format("tensors, {}; no osu-diffusion network", name).c_str(), path);
        print_fact("elements", "{}", count_of(checkpoint.weights()));
        print_tensors(checkpoint.weights());
    }
    print_metadata(checkpoint.metadata);
}

void verify_checkpoint_file(const std::filesystem::path& path) {
    const MappedFile file(path);
    if (checkpoint_format(file.bytes()) == CheckpointFormat::torch_zip) {
        for (const auto& [name, entry] : read_zip_entries(file.bytes()))
            if (!entry.compressed && !is_whole(entry))
                fail("{}: {} is damaged: its checksum is wrong", path.string(), name);
        return print_fact("verified", "all checksums are right");
    }
    const bool has_digest = verify(read_checkpoint(path));
    print_fact("verified", "{}",
               has_digest ? "the digest is right" : "whole, but it has no digest to tell changed bits by");
}

}  // namespace osu
