#include "data/mapper_names.h"

#include <algorithm>
#include <vector>

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

}  // namespace osu
