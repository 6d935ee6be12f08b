// The styles that a model knows, as the page looks for them.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/tensor.h"
#include "data/label_index.h"

namespace osu::studio {

using Styles = std::vector<const LabelEntry*>;

// {mappers:[{name,count}], maps:[…]}: those whose mapper, song, difficulty, tags or ID have the text in them;
// mappers with most maps first. Without a text all.
nlohmann::json search_styles(const Styles& styles, const std::string& text, size_t limit);

struct LikeMaps {
    bool known = false;  // the map itself is among the styles, and the first
    Styles maps;
};
// The map's own style; where the model does not know it, those of its mapper, else of its song or artist.
LikeMaps maps_like(const Styles& styles, const MapFacts& map, size_t limit = 20);
nlohmann::json to_json(const LikeMaps& like);

// {points:[{x,y,id,mapper}]}: the label rows on their two principal components.
nlohmann::json style_points(const Styles& styles, const TensorMap& weights);

}  // namespace osu::studio
