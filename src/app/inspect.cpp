// osu-diffusion inspect: says what a file or folder is, going by its content.
#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>

#include <CLI/CLI.hpp>

#include "app/counted.h"
#include "app/json_output.h"
#include "app/summary_maps.h"
#include "app/verbs.h"
#include "archive/checkpoint.h"
#include "archive/stored_zip.h"
#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "beatmap/encoding.h"
#include "data/label_index.h"
#include "data/packed_dataset.h"
#include "data/set_counter.h"
#include "model/parameters.h"
#include "sampling/checkpoint_metadata.h"

namespace osu {

namespace {

void add_count(const char* name, const TensorMap& tensors, Facts& facts) {
    int64_t count = 0;
    std::set<std::string> types;
    for (const auto& [each, tensor] : tensors) {
        count += element_count(tensor.shape);
        types.emplace(name_of(tensor.type));
    }
    const std::string size = count < 1'000'000
                                 ? std::to_string(count)
                                 : fmt::format("{:.1f} million", static_cast<double>(count) / 1e6);
    facts.add_value(name, {{"count", count}, {"tensors", tensors.size()}, {"types", types}},
                    "{} in {} tensors, {}", size, tensors.size(), listed(types));
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
    return fmt::format("{}{}", listed(parts), order.size() > most ? ", …" : "");
}

void add_file(const char* kind, const std::filesystem::path& path, Facts& facts) {
    facts.add("kind", "{}", kind);
    const uint64_t size = std::filesystem::file_size(path);
    facts.add_value("file", {{"name", path.filename().string()}, {"bytes", size}}, "{}, {}",
                    path.filename().string(), format_bytes(static_cast<double>(size)));
}

void add_metadata(const std::map<std::string, std::string>& metadata, Facts& facts) {
    constexpr size_t most = 1000;
    for (const auto& [key, text] : metadata) {
        if (key == "config" || key == "labels" || key == "training") continue;
        facts.add(key, "{}{}", text.substr(0, most), text.size() > most ? "…" : "");
    }
}

void add_network(const Checkpoint& checkpoint, Facts& facts) {
    CheckpointInfo info;
    bool heads_known = true;
    try {
        info = describe(checkpoint);
    } catch (const Error&) {
        // Sizes of no known model: only the number of heads is not in the shapes.
        info = describe(checkpoint, 1);
        heads_known = false;
    }
    const DitConfig& config = info.config;
    nlohmann::json network{{"name", heads_known ? config.name() : "DiT"},
                           {"depth", config.depth},
                           {"hidden", config.hidden},
                           {"classes", config.num_classes}};
    if (heads_known) network["heads"] = config.heads;
    facts.add_value("network", network, "{}: depth {}, hidden {}, {} heads, {} classes",
                    heads_known ? config.name() : "DiT", config.depth, config.hidden,
                    heads_known ? std::to_string(config.heads) : "unknown", config.num_classes);
    add_count("parameters", checkpoint.weights(), facts);
    std::vector<std::string> parts;
    if (!checkpoint.model.empty()) parts.push_back("model");
    if (!checkpoint.ema.empty()) parts.push_back("EMA");
    if (!checkpoint.exp_avg.empty())
        parts.push_back(fmt::format("optimiser (step {})", checkpoint.optimizer_step));
    facts.add_value("holds", parts, "{}", listed(parts));
    facts.add("noise", "{}", name_of(info.noise_schedule));
    if (info.step > 0)
        facts.add_value("training", {{"step", info.step}, {"windows", info.samples}}, "step {}{}", info.step,
                        info.samples > 0 ? fmt::format(", {} windows seen", info.samples) : "");
    if (info.tokens > 0) facts.add_value("window", info.tokens, "{} datapoints", info.tokens);
    if (info.labels.entries().empty())
        return facts.add("styles", "by class number only: the file names no maps");
    std::map<std::string, size_t> mappers;
    for (const std::string& mapper : info.labels.mappers())
        if (!mapper.empty()) ++mappers[mapper];
    facts.add_value("styles", {{"maps", info.labels.entries().size()}, {"mappers", mappers}},
                    "{} maps of {} mappers: {}", info.labels.entries().size(), mappers.size(),
                    frequent(mappers, 8));
}

void add_tensors(const TensorMap& tensors, Facts& facts) {
    constexpr size_t most = 200;
    nlohmann::json all = nlohmann::json::array();
    for (const auto& [name, tensor] : tensors)
        all.push_back({{"name", name}, {"type", name_of(tensor.type)}, {"shape", tensor.shape}});
    facts.add_value("tensors", all, "{}", tensors.size());
    size_t shown = 0;
    for (const auto& [name, tensor] : tensors) {
        if (shown++ == most) return facts.add("", "and {} more", tensors.size() - most);
        std::vector<std::string> sizes;
        for (int64_t size : tensor.shape) sizes.push_back(std::to_string(size));
        facts.add("", "{} {} ({})", name, name_of(tensor.type), listed(sizes));
    }
}

void summarize_pack(const std::filesystem::path& path, Facts& facts) {
    const PackedDataset dataset = PackedDataset::open(path);
    add_file("packed dataset", path, facts);
    std::map<std::string, size_t> mappers;
    for (const std::string& mapper : label_index(dataset).mappers())
        if (!mapper.empty()) ++mappers[mapper];
    SetCounter sets;
    for (size_t i = 0; i < dataset.size(); ++i) sets.add(dataset.map(i));
    facts.add_value("maps", {{"all", dataset.size()}, {"sets", sets.size()}}, "{} in {}", dataset.size(),
                    counted(sets.size(), "set"));
    facts.add_number("datapoints", dataset.datapoints());
    facts.add_number("classes", dataset.class_count());
    facts.add_value("mappers", mappers, "{}: {}", mappers.size(), frequent(mappers, 8));
}

bool is_network(const TensorMap& weights) {
    return weights.contains(input_weight);
}

// Checkpoints, other .safetensors and packed datasets. Error when the file is damaged.
void summarize_checkpoint(const std::filesystem::path& path, Facts& facts) {
    const Checkpoint checkpoint = read_checkpoint(path);
    const auto format = checkpoint.metadata.find("format");
    if (format != checkpoint.metadata.end() && format->second.starts_with("osu-diffusion packed dataset"))
        return summarize_pack(path, facts);
    const MappedFile file(path);
    const CheckpointFormat kind = checkpoint_format(file.bytes()).value();
    const char* name = kind == CheckpointFormat::safetensors ? "safetensors"
                       : kind == CheckpointFormat::torch_zip ? "PyTorch zip"
                                                             : "PyTorch stream (legacy)";
    if (is_network(checkpoint.weights())) {
        add_file(fmt::format("checkpoint, {}", name).c_str(), path, facts);
        add_network(checkpoint, facts);
    } else {
        add_file(fmt::format("tensors, {}; no osu-diffusion network", name).c_str(), path, facts);
        add_count("elements", checkpoint.weights(), facts);
        add_tensors(checkpoint.weights(), facts);
    }
    add_metadata(checkpoint.metadata, facts);
}

using Summarize = void (*)(const std::filesystem::path&, Facts&);

// The first characters that are no space, after a byte order mark.
std::string_view text_start(std::string_view content) {
    if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
    const size_t first = content.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view() : content.substr(first);
}

// The game's databases begin with the day of a build, 20130000 or later, as a little-endian number.
bool begins_with_a_day(std::string_view content) {
    if (content.size() < 8) return false;
    uint32_t day = 0;
    std::memcpy(&day, content.data(), sizeof day);
    return day >= 20070000 && day < 21000000;
}

bool has_section_of_a_map(std::string_view text) {
    for (const char* name : {"[General]", "[Metadata]", "[Difficulty]", "[TimingPoints]", "[HitObjects]"})
        if (text.find(name) != std::string_view::npos) return true;
    return false;
}

Summarize summarizer(std::string_view content) {
    if (checkpoint_format(std::as_bytes(std::span(content)))) return summarize_checkpoint;
    if (content.starts_with("PK\x03\x04")) return summarize_osz;
    if (begins_with_a_day(content)) return summarize_database;
    if (content.starts_with('\x80') || content.starts_with("(d")) return summarize_index;  // a pickle
    if (content.starts_with("version https://git-lfs")) return summarize_checkpoint;       // which says so
    if (encoding_of(content) != Encoding::utf8) return summarize_beatmap;  // of all that we read maps alone
    const std::string_view text = text_start(content);
    if (text.starts_with('{')) return summarize_index;
    // A map that begins with something else is told by its sections, as the game does.
    if (text.starts_with("osu file format v") || has_section_of_a_map(content)) return summarize_beatmap;
    return nullptr;
}

void verify_checkpoint_file(const std::filesystem::path& path, Facts& facts) {
    const MappedFile file(path);
    if (checkpoint_format(file.bytes()) == CheckpointFormat::torch_zip) {
        for (const auto& [name, entry] : read_zip_entries(file.bytes()))
            if (!entry.compressed && !is_whole(entry))
                fail("{}: {} is damaged: its checksum is wrong", path.string(), name);
        return facts.add("verified", "all checksums are right");
    }
    const bool has_digest = verify(read_checkpoint(path));
    facts.add("verified", "{}",
              has_digest ? "the digest is right" : "whole, but it has no digest to tell changed bits by");
}

// Every byte of a checkpoint; a .pt was looked at when it was read, but for what is no tensor.
void verify_file(const std::filesystem::path& path, Facts& facts) {
    std::error_code ignored;
    const bool is_file = std::filesystem::is_regular_file(path, ignored);
    if (!is_file || !checkpoint_format(MappedFile(path).bytes()))
        fail(Hint{"leave --verify out"}, "--verify is for checkpoints, and {} is none", path.string());
    verify_checkpoint_file(path, facts);
}

void summarize(const std::filesystem::path& path, Facts& facts) {
    std::error_code problem;  // told where it is read
    if (std::filesystem::is_directory(path, problem)) return summarize_dataset(path, facts);
    Summarize summary = nullptr;
    try {
        const MappedFile file(path);
        const auto bytes = file.bytes();
        if (bytes.empty()) fail("the file is empty");
        summary = summarizer({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    } catch (const Error& error) {
        const std::string what = error.what();
        const bool named = what.find(path.string()) != what.npos;
        fail(Hint{error.hint()}, "{}{}", named ? "" : path.string() + ": ", what);
    }
    if (!summary)
        fail(Hint{"known are checkpoints, maps, .osz archives, osu!.db, collection.db, datasets, indices of "
                  "beatmaps"},
             "{} is nothing that osu-diffusion knows", path.string());
    summary(path, facts);
}

struct InspectFlags {
    std::vector<std::string> paths;
    bool verify = false, json = false;
};

void run_inspect(const InspectFlags& flags) {
    nlohmann::json all = nlohmann::json::object();
    size_t failed = 0;
    for (const std::string& path : flags.paths) {
        if (flags.paths.size() > 1 && !flags.json)
            fmt::print("{}{}\n", path == flags.paths[0] ? "" : "\n", path);
        Facts facts;
        try {
            summarize(path, facts);
            if (flags.verify) verify_file(path, facts);
        } catch (const Error& error) {
            if (flags.paths.size() == 1 && !flags.json) {
                facts.print();
                throw;
            }
            all[path] = json_of(error);
            ++failed;
            if (flags.paths.size() > 1) fmt::print(stderr, "error: {}\n", error.what());
            continue;
        }
        all[path] = facts.json();
        if (!flags.json) facts.print();
    }
    if (flags.json) print_json(all);
    if (failed == 0) return;
    if (flags.json && flags.paths.size() == 1) {
        const nlohmann::json& only = all[flags.paths[0]];
        throw ToldInJson(only["error"].get<std::string>(), only["hint"].get<std::string>());
    }
    const std::string message = fmt::format("{} of {} could not be read", failed, flags.paths.size());
    if (flags.json) throw ToldInJson(message);
    fail("{}", message);
}

}  // namespace

void add_inspect_verb(CLI::App& app) {
    auto flags = std::make_shared<InspectFlags>();
    CLI::App* verb = app.add_subcommand(
        "inspect", "Say what a checkpoint, map, .osz, osu!.db, collection.db, dataset or index holds");
    verb->add_option("files", flags->paths, "Look at these files or folders")->required()->type_name("FILE");
    verb->add_flag("--verify", flags->verify,
                   "Read every byte of a checkpoint, and say whether it is as written");
    verb->add_flag("--json", flags->json, "Print one JSON object: facts by file");
    verb->callback([flags] { run_inspect(*flags); });
}

}  // namespace osu
