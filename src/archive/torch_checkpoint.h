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

std::string_view without_ddp_prefix(std::string_view name);  // "module.x" → "x"

}  // namespace osu
