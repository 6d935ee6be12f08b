// A checkpoint in any format that we know: our .safetensors, the reference's .pt (zip or legacy stream).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "archive/safetensors.h"

namespace osu {

struct Checkpoint {
    // All by the state-dict name ("blocks.0.attn.in_proj_weight"), float32 unless the file has another type.
    TensorMap model, ema;
    TensorMap exp_avg, exp_avg_sq;  // AdamW's moments; empty where the file has no optimiser
    int64_t optimizer_step = 0;
    // Strings that travel with the weights, JSON in sampling/checkpoint_metadata.h: "config" (the model),
    // "labels" (which class is which map), "training" (step, windows seen, seed, held-out mappers). A .pt
    // holds them too, under the key "metadata".
    std::map<std::string, std::string> metadata;
    std::string digest;  // of the tensors and strings, as a .safetensors of ours holds it; see verify()
    std::vector<std::shared_ptr<const void>> storage;  // keeps the views alive
    std::shared_ptr<const MappedFile> file;            // and so does this, where they point into it

    // The weights to sample with: ema where there is one.
    const TensorMap& weights() const { return ema.empty() ? model : ema; }
};

enum class CheckpointFormat { safetensors, torch_zip, torch_legacy };

// By content, not by name; nothing for another kind of file.
std::optional<CheckpointFormat> checkpoint_format(std::span<const std::byte> bytes);

// Executes nothing: objects that are no tensors, numbers, strings, lists or dicts are skipped. The
// reference's "args" and "scaler" become JSON in the metadata. A safetensors file without our prefixes is a
// state dict.
Checkpoint read_checkpoint(const std::filesystem::path& path);
Checkpoint parse_checkpoint(std::span<const std::byte> bytes);  // the caller keeps the bytes alive

// Reads every byte. Error when one is not as it was written; false where the checkpoint has no digest: one of
// another program, or of a .pt, whose own checksums are looked at when it is read.
bool verify(const Checkpoint& checkpoint);

// .safetensors, or .pt (torch.save's zip) by the name's extension; Error for another.
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

}  // namespace osu
