// The list of files at the end of an archive, looked at before a library is given it: entries that lie over
// one another make a few kilobytes unpack to gigabytes, and a million of them takes long only to be listed.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace osu {

// Error when the archive lists more entries than `most`, or two of them share bytes. A list that cannot be
// found or read is left to the library to refuse. `name` stands in errors.
void check_osz_directory(std::span<const std::byte> archive, size_t most, const std::string& name);

}  // namespace osu
