// Which objects of a map are generated anew; the others stay.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

struct Selection {
    std::optional<double> from_ms, to_ms;  // objects that start within, ends included
    std::string objects;                   // "3,10-20": numbers from 1, in the order of time
    bool all() const { return !from_ms && !to_ms && objects.empty(); }
};

// For each object of the map 1 where it is selected; by both ways where both are given. Error when none is.
std::vector<uint8_t> select_objects(const Beatmap& map, const Selection& selection);

}  // namespace osu
