// The two formats of torch.save, to and from Checkpoint. Inside the room only; others use checkpoint.h.
#pragma once

#include <filesystem>
#include <span>

#include "archive/checkpoint.h"

namespace osu {

bool looks_like_torch_zip(std::span<const std::byte> bytes);
bool looks_like_torch_stream(std::span<const std::byte> bytes);

// The views point into `bytes`.
Checkpoint parse_torch_zip(std::span<const std::byte> bytes);
Checkpoint parse_torch_stream(std::span<const std::byte> bytes);

void write_torch_zip(const std::filesystem::path& path, const Checkpoint& checkpoint);

// Without what DistributedDataParallel and torch.compile put in front: "module._orig_mod.x" → "x".
std::string_view without_wrappers(std::string_view name);

}  // namespace osu
