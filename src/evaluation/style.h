// Whose hand is it? What sets one mapper's placement apart from another's, as far as counting tells: how it
// turns, where it goes, what its sliders look like and how they are entered and left. Nothing that is asked
// for (rhythm, spacing) is counted by itself: each count is a choice among the cells of a row, and the row
// says in which situation the choice was made.
#pragma once

#include <span>
#include <vector>

#include "evaluation/statistics.h"

namespace osu {

using StyleCounts = std::vector<double>;  // one for each cell of all rows
StyleCounts count_style(const Datapoints& map, const Plan& plan, std::span<const Vec2> position);

// Real maps of several mappers, to judge by: a map is nearest to the mapper under whose frequencies its
// choices are the likeliest (naive Bayes, where what a mapper seldom does is drawn to what all do).
class StyleJudge {
  public:
    struct RealStyle {
        size_t mapper = 0;  // from 0
        StyleCounts counts;
    };
    explicit StyleJudge(std::vector<RealStyle> maps);  // at least one

    // How many mappers are nearer to a map than its own, for each real map, judged by the others.
    std::vector<size_t> ranks_of_real() const;
    // The same for maps that were placed on one rhythm, one in the style of each mapper. What they have in
    // common comes from the rhythm and is taken off.
    std::vector<size_t> ranks(std::span<const StyleCounts> placed) const;

    size_t mappers() const { return totals_.size(); }

  private:
    std::vector<RealStyle> maps_;
    std::vector<StyleCounts> totals_;  // of each mapper
    StyleCounts all_;
    // log p of the choices under each mapper's frequencies, over p under those of all. `left_out`: one of the
    // real maps that is to be forgotten, or null.
    std::vector<double> scores(const StyleCounts& map, const RealStyle* left_out) const;
};

}  // namespace osu
