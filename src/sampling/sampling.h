// Placing a map, for any program: a verb, a server, a page in a browser. Nothing is printed.
//
//   SamplingNetwork network(checkpoint, {}, backend);            once
//   const MapDatapoints source(map);                             for each map
//   Placement placed = place(network, source.view(), style, options, given, on_step);
//   std::string text = remap(map, placed.pixels(0), {…});         (sequence/sequence.h)
#pragma once

#include <vector>

#include "sampling/network.h"
#include "sampling/options.h"
#include "sampling/steps.h"
#include "sequence/datapoints.h"

namespace osu {

// Where the datapoints were placed.
struct Placement {
    int variants = 0;
    std::vector<float> x;         // (variants, 2, T), [0, 1] on the playfield
    bool cancelled = false;       // on_step said so: x is then what there was
    std::vector<uint64_t> seeds;  // of each variant

    std::vector<Vec2> pixels(int variant) const;
    size_t outside() const;  // coordinates that lie outside the playfield
};

// One row (2, T) in [0, 1] as (T) px.
std::vector<Vec2> pixels(std::span<const float> x);

// Where a map stands before it is placed. What is asked of the result (spacing, lengths, structure) comes
// from the map itself all the same.
struct Given {
    std::span<const uint8_t> fixed;  // (T) 1 for datapoints that stay; empty: none
    // (T) px: where those that are fixed stay, and what a strength below 1 starts from; empty: the map's own.
    std::span<const Vec2> position;
};

// `style`: classes whose mean row guides; none without. Calls from several threads take turns at the network;
// the noise of a variant depends on its seed alone. Error where the network gives no finite numbers.
Placement place(SamplingNetwork& network, const Datapoints& map, std::span<const int32_t> style,
                const SamplingOptions& options, const Given& given = {}, const OnStep& on_step = {});

// Goes on from a placement with a network that was trained at t = 0: its last step, `iterations` times.
void refine(SamplingNetwork& refiner, const Datapoints& map, std::span<const int32_t> style,
            const SamplingOptions& options, int64_t window, const Diffusion& diffusion, int iterations,
            const Given& given, const OnStep& on_step, Placement& placement);

// 1 for each datapoint of an object that is not selected, as place() takes it; empty where all are
// (`selected` empty).
std::vector<uint8_t> fixed_datapoints(const Sequence& sequence, std::span<const uint8_t> selected);

}  // namespace osu
