// Points in a plane, a colour for each group.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace osu {

struct ScatterGroup {
    std::string name;
    std::vector<std::pair<double, double>> points;
};

constexpr size_t scatter_colours = 12;  // groups that can be told apart

// The first group is the ground: faint, and beneath the others. Both axes have one scale; points that are not
// finite are left out. PNG or SVG by the name's extension.
void draw_scatter(std::span<const ScatterGroup> groups, const std::string& title, const std::string& x_label,
                  const std::string& y_label, const std::filesystem::path& file);

}  // namespace osu
