// Digests in lower-case hexadecimal.
#pragma once

#include <string>
#include <string_view>

namespace osu {

std::string md5_of(std::string_view text);  // the game's name for a map
std::string sha256_of(std::string_view text);

}  // namespace osu
