// Of several placements of one map the one that a modder would say least of.
#pragma once

#include "evaluation/marks.h"

namespace osu {

// What there is to object to, in objects of a hundred: heads and bodies partly over others or on the edge,
// near misses of earlier spots, streams that bend to and fro, spacing that is off.
double objections(const Marks& marks);

// The index of the placement with the fewest; of equal ones the first. Each (T) px. `preempt`: ms; 0: as maps
// of this density mostly have it.
size_t fewest_objections(const Datapoints& map, double preempt,
                         std::span<const std::vector<Vec2>> placements);

}  // namespace osu
