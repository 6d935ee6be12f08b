#include "archive/checkpoint.h"

#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/ranges.h>

#include "archive/torch_checkpoint.h"
#include "base/crc32.h"
#include "base/error.h"
#include "base/parallel.h"

namespace osu {

namespace {

constexpr const char *step_key = "optimizer_step", *digest_key = "digest";
constexpr std::string_view pointer_start = "version https://git-lfs.github.com/";

struct Part {
    std::string_view prefix;
    TensorMap Checkpoint::*tensors;
};
constexpr Part parts[] = {{"model.", &Checkpoint::model},
                          {"ema.", &Checkpoint::ema},
                          {"exp_avg.", &Checkpoint::exp_avg},
                          {"exp_avg_sq.", &Checkpoint::exp_avg_sq}};

// A CRC of the list of all strings and tensors, these with a CRC of their bytes: a changed bit is found
// wherever it is.
std::string digest_of(const Checkpoint& checkpoint) {
    std::vector<std::pair<std::string, const TensorView*>> tensors;
    for (const Part& part : parts)
        for (const auto& [name, tensor] : checkpoint.*part.tensors)
            tensors.emplace_back(std::string(part.prefix) + name, &tensor);
    std::vector<uint32_t> sums(tensors.size());
    parallel_for_dynamic(static_cast<int64_t>(tensors.size()), [&](int64_t i) {
        const auto bytes = tensors[i].second->bytes;
        sums[i] = crc32(0, bytes.data(), bytes.size());
    });
    std::string list = fmt::format("{}\n", checkpoint.exp_avg.empty() ? 0 : checkpoint.optimizer_step);
    for (const auto& [key, text] : checkpoint.metadata)
        list += fmt::format("{} {:08x}\n", key, crc32(0, text.data(), text.size()));
    for (size_t i = 0; i < tensors.size(); ++i) {
        const auto& [name, tensor] = tensors[i];
        list += fmt::format("{} {} [{}] {:08x}\n", name, name_of(tensor->type), fmt::join(tensor->shape, ","),
                            sums[i]);
    }
    return fmt::format("crc32:{:08x}", crc32(0, list.data(), list.size()));
}

Checkpoint from_safetensors(const Safetensors& file) {
    Checkpoint result;
    for (const auto& [name, tensor] : file.tensors())
        for (const Part& part : parts)
            if (name.starts_with(part.prefix))
                (result.*part.tensors)[name.substr(part.prefix.size())] = tensor;
    if (result.weights().empty())
        for (const auto& [name, tensor] : file.tensors())
            result.model.emplace(without_wrappers(name), tensor);
    if (result.model.empty() && result.ema.empty()) fail("the file holds no weights");
    result.metadata = file.metadata();
    if (const auto digest = result.metadata.extract(digest_key)) result.digest = digest.mapped();
    if (const auto step = result.metadata.extract(step_key)) {
        const std::string& text = step.mapped();
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), result.optimizer_step);
        if (error != std::errc() || end != text.data() + text.size() || result.optimizer_step < 0)
            fail("the optimiser's step \"{}\" is no number", text);
    }
    return result;
}

void write_native(const std::filesystem::path& path, const Checkpoint& checkpoint) {
    std::vector<NamedTensor> tensors;
    for (const Part& part : parts)
        for (const auto& [name, tensor] : checkpoint.*part.tensors)
            tensors.push_back({std::string(part.prefix) + name, tensor});
    auto metadata = checkpoint.metadata;
    if (!checkpoint.exp_avg.empty()) metadata[step_key] = std::to_string(checkpoint.optimizer_step);
    metadata[digest_key] = digest_of(checkpoint);
    write_safetensors(path, tensors, metadata);
}

}  // namespace

std::optional<CheckpointFormat> checkpoint_format(std::span<const std::byte> bytes) {
    if (looks_like_torch_zip(bytes)) return CheckpointFormat::torch_zip;
    if (looks_like_torch_stream(bytes)) return CheckpointFormat::torch_legacy;
    // A header's size, below a gigabyte in any file, and the header's first brace.
    if (bytes.size() > 8 && bytes[8] == std::byte{'{'} && bytes[4] == std::byte{0} &&
        bytes[5] == std::byte{0} && bytes[6] == std::byte{0} && bytes[7] == std::byte{0})
        return CheckpointFormat::safetensors;
    return std::nullopt;
}

Checkpoint parse_checkpoint(std::span<const std::byte> bytes) {
    const auto format = checkpoint_format(bytes);
    if (!format && std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())
                       .starts_with(pointer_start))
        fail(Hint{"git lfs pull brings the file itself"}, "this is a pointer of Git LFS, not the file");
    if (!format)
        fail(Hint{"a checkpoint is a .safetensors file, or a .pt file that torch.save wrote"},
             "this is no checkpoint");
    switch (*format) {
        case CheckpointFormat::torch_zip: return parse_torch_zip(bytes);
        case CheckpointFormat::torch_legacy: return parse_torch_stream(bytes);
        case CheckpointFormat::safetensors: break;
    }
    return from_safetensors(Safetensors::parse(bytes));
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
    const auto file = std::make_shared<MappedFile>(path);
    try {
        Checkpoint result = parse_checkpoint(file->bytes());
        result.file = file;
        return result;
    } catch (const Error& error) {
        fail(Hint{error.hint()}, "{}: {}", path.string(), error.what());
    }
}

bool verify(const Checkpoint& checkpoint) {
    if (checkpoint.digest.empty()) return false;
    if (const std::string digest = digest_of(checkpoint); digest != checkpoint.digest)
        fail(Hint{"copy it anew, or go back to another checkpoint"},
             "the checkpoint is damaged: its digest is {}, and {} was written", digest, checkpoint.digest);
    return true;
}

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
    const std::string extension = path.extension().string();
    if (extension == ".safetensors") return write_native(path, checkpoint);
    if (extension == ".pt" || extension == ".pth") return write_torch_zip(path, checkpoint);
    fail(Hint{"name it .safetensors or .pt"}, "{} has no extension of a checkpoint", path.string());
}

}  // namespace osu
