// What the verb styles is asked for, and its lists: of styles, of mappers, of what is near and what is far.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "data/label_index.h"
#include "data/split.h"
#include "model/label_space.h"

namespace osu {

struct StylesFlags {
    std::string data_path, ckpt, beatmap_idx, mapper, title, tag, plot, csv;
    std::optional<int64_t> similar_to;
    bool outliers = false, mappers = false, json = false;
    size_t limit = 20;
    int threads = 0;

    // Of what is no list: beside one of JSON it goes where errors go.
    void say(const std::string& text) const { fmt::print(json ? stderr : stdout, "{}", text); }
    bool wants_vectors() const { return similar_to || outliers || !plot.empty(); }
};

// What was searched for, or its mappers; `chosen`: indices into the index's entries. Of what is `held_out`
// the network has learnt nothing.
void print_styles(const LabelIndex& index, const std::vector<size_t>& chosen, const HeldOut& held_out,
                  const StylesFlags& flags);

// Those nearest to a map, those farthest from all, or both.
void print_by_vectors(const LabelIndex& index, const LabelSpace& space, const std::vector<size_t>& chosen,
                      const StylesFlags& flags);

}  // namespace osu
