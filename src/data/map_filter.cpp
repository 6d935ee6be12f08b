#include "data/map_filter.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace osu {

namespace {

std::string with_plain_apostrophes(std::string_view text) {
    constexpr std::string_view curly = "\xe2\x80\x99";  // U+2019
    std::string plain(text);
    for (size_t at; (at = plain.find(curly)) != std::string::npos;) plain.replace(at, curly.size(), "'");
    return plain;
}

// What stands before the apostrophes of "…Name's" and "…Names'".
std::vector<std::string_view> owners_in(std::string_view text) {
    std::vector<std::string_view> owners;
    for (size_t at = text.find('\''); at != std::string_view::npos; at = text.find('\'', at + 1)) {
        const bool before_s = at + 1 < text.size() && lower(text[at + 1]) == 's' &&
                              (at + 2 == text.size() || text[at + 2] == ' ');
        const bool behind_s = at > 0 && (lower(text[at - 1]) == 's' || lower(text[at - 1]) == 'z') &&
                              (at + 1 == text.size() || text[at + 1] == ' ');
        if (!before_s && !behind_s) continue;
        const std::string_view owner = text.substr(0, at);
        const size_t space = owner.rfind(' ');
        const std::string_view word = space == std::string_view::npos ? owner : owner.substr(space + 1);
        bool speech = false;  // it is, that is
        for (const char* pronoun : {"it", "that", "let", "what", "there", "here"})
            speech |= equal_but_for_case(word, pronoun);
        if (!speech) owners.push_back(owner);
    }
    return owners;
}

// What stands behind each "de ".
std::vector<std::string_view> behind_de(std::string_view text) {
    std::vector<std::string_view> names;
    for (size_t at = 0; at + 3 < text.size(); ++at)
        if ((at == 0 || text[at - 1] == ' ') && equal_but_for_case(text.substr(at, 3), "de "))
            names.push_back(text.substr(at + 3));
    return names;
}

// "…Name's", "…Names'" and "de Name" end or begin with a name that is not the mapper's.
bool is_of_somebody_else(std::string_view version, std::string_view mapper) {
    const std::string text = with_plain_apostrophes(version);
    const auto ends_with_mapper = [&](std::string_view owner) {
        return owner.size() >= mapper.size() &&
               equal_but_for_case(owner.substr(owner.size() - mapper.size()), mapper);
    };
    const auto begins_with_mapper = [&](std::string_view name) {
        return equal_but_for_case(name.substr(0, mapper.size()), mapper);
    };
    const auto owners = owners_in(text), names = behind_de(text);
    return !std::all_of(owners.begin(), owners.end(), ends_with_mapper) ||
           !std::all_of(names.begin(), names.end(), begins_with_mapper);
}

}  // namespace

bool has_tag(std::string_view tags, std::string_view tag) {
    while (!tags.empty()) {
        const size_t end = std::min(tags.find_first_of(" ,\t"), tags.size());
        if (end > 0 && equal_but_for_case(tags.substr(0, end), tag)) return true;
        tags.remove_prefix(std::min(end + 1, tags.size()));
    }
    return false;
}

NamedMapper named_mapper(std::string_view version) {
    const std::string text = with_plain_apostrophes(version);
    const auto owners = owners_in(text), names = behind_de(text);
    return {owners.empty() ? "" : std::string(owners.front()),
            names.empty() ? "" : std::string(names.front())};
}

bool is_of_nobody(std::string_view version) {
    return contains_but_for_case(version, "hitsounds") || contains_but_for_case(version, "collab");
}

bool is_by_mapper(std::string_view creator, std::string_view version, std::string_view mapper) {
    if (mapper.empty() || is_of_nobody(version)) return false;
    if (!equal_but_for_case(creator, mapper) && !contains_but_for_case(version, mapper)) return false;
    return !is_of_somebody_else(version, mapper);
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
