// DEFLATE (RFC 1951), unpacked: for builds that have no library for it.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

namespace osu {

// Hands over what the bytes unpack to, piece by piece. Error where they are damaged or end too early; what
// stands behind their end is not looked at.
void inflate(std::span<const std::byte> packed, const std::function<void(std::string_view piece)>& take);

}  // namespace osu
