// "1 map", "2 maps".
#pragma once

#include <cstdint>
#include <string>

#include <fmt/core.h>

namespace osu {

inline std::string counted(uint64_t count, const char* noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace osu
