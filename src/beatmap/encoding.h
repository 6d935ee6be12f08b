// Texts and names that are not UTF-8: UTF-16, in which a few editors saved maps, and CP932, in which Japanese
// Windows writes the names of files into archives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace osu {

enum class Encoding : uint8_t { utf8, utf16_little, utf16_big };

Encoding encoding_of(std::string_view text);  // by its byte order mark
// From and to UTF-8; the mark stays in front. Halves of a pair that stand alone become three bytes, and
// themselves again. A last odd byte is dropped.
std::string from_utf16(std::string_view text, Encoding encoding);
std::string to_utf16(std::string_view text, Encoding encoding);

// A name as it stands in an archive: as it is where that is UTF-8, else read as CP932, where that has such
// letters; else every byte above 127 becomes U+FFFD.
std::string decoded_name(std::string_view raw);

}  // namespace osu
