// Where the anchors of a slider may go: rounded as the format wants it, inside the playfield, and such that
// the map that is read again has the same structure: doubled anchors stay doubled, and no others fall
// together.
#pragma once

#include <span>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

class AnchorPlacer {
  public:
    AnchorPlacer(const Beatmap& source, bool allow_offscreen);

    // The place of one point. One that stays where the source has it is not moved, wherever that is.
    Vec2 place(Vec2 wanted, Vec2 source) const;

    // The places of all anchors of a slider, one wanted for each. False when all are the source's.
    bool place_slider(const HitObject& slider, std::span<const Vec2> wanted, std::vector<Vec2>& out) const;

  private:
    const Beatmap& source_;
    const bool fractional_;
    Vec2 low_, high_;  // of every moved coordinate

    bool inside(Vec2 point) const;
    void nudge(std::vector<Vec2>& anchors, size_t first, size_t last) const;
    void shape_arc(std::vector<Vec2>& anchors, std::span<const Vec2> source, size_t first, size_t last) const;
    void bend(std::span<Vec2> middle, std::span<Vec2> end, Vec2 start) const;
    void straighten(std::span<Vec2> middle, std::span<Vec2> end, Vec2 start) const;
};

}  // namespace osu
