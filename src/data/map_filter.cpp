#include "data/map_filter.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "data/mapper_names.h"

namespace osu {

bool has_tag(std::string_view tags, std::string_view tag) {
    while (!tags.empty()) {
        const size_t end = std::min(tags.find_first_of(" ,\t"), tags.size());
        if (end > 0 && equal_but_for_case(tags.substr(0, end), tag)) return true;
        tags.remove_prefix(std::min(end + 1, tags.size()));
    }
    return false;
}

const char* MapFilter::refuses(const MapSummary& map) const {
    if (!modes.count(map.mode)) return "another mode";
    if (min_set_id && map.set_id < *min_set_id) return map.set_id < 0 ? "no set ID" : "set ID too low";
    if (max_set_id && (map.set_id < 0 || map.set_id > *max_set_id))
        return map.set_id < 0 ? "no set ID" : "set ID too high";
    if (!status.empty() && (!map.status || !status.count(*map.status))) return "another ranked status";
    if ((min_stars || max_stars) && !map.stars) return "stars unknown";
    if (min_stars && *map.stars < *min_stars) return "too few stars";
    if (max_stars && *map.stars > *max_stars) return "too many stars";
    if (map.objects < min_objects) return "too few objects";
    if (!mappers.empty() && std::none_of(mappers.begin(), mappers.end(), [&](const std::string& mapper) {
            return is_by_mapper(map.creator, map.version, mapper);
        }))
        return "another mapper";
    for (const std::string& tag : exclude_tags)
        if (has_tag(map.tags, tag)) return "excluded tag";
    return nullptr;
}

std::string MapFilter::missing_in(const MapSource& source) const {
    if (!collection.empty() && source.collections.empty())
        return fmt::format("{} has no collection.db, so --collection cannot be found", source.path.string());
    if (needs_database() && source.database.empty())
        return fmt::format("{} has no osu!.db, so the {} of its maps {} unknown", source.path.string(),
                           status.empty() ? "stars" : "ranked status", status.empty() ? "are" : "is");
    return {};
}

}  // namespace osu
