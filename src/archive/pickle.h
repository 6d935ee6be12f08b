// Python pickles, read without executing anything, and written for what we write: dicts, lists, numbers,
// strings.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace osu {

// A dict of integers: the reference's beatmap_idx.pickle (beatmap ID → class index). Pickle protocols 0 to 5;
// NumPy's integers are numbers, too.
std::map<int64_t, int64_t> parse_pickled_int_map(std::string_view pickle);
std::string pickle_int_map(const std::map<int64_t, int64_t>& map);  // protocol 2; Python reads an equal dict

}  // namespace osu
