#include "base/text.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace osu {

namespace {

bool same_letter(char a, char b) {
    return lower(a) == lower(b);
}

}  // namespace

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = lower(c);
    return result;
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_letter);
}

bool contains_but_for_case(std::string_view text, std::string_view part) {
    if (part.empty()) return true;  // also of nothing, where a search ends as one that found nothing does
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same_letter) != text.end();
}

std::string lower_extension(const std::filesystem::path& file) {
    return lower(file.extension().string());
}

std::string printable(std::string_view text) {
    std::string out(text);
    for (char& letter : out)
        if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) letter = '?';
    return out;
}

void cut(std::string& text, size_t limit) {
    if (text.size() <= limit) return;
    while (limit > 0 && (text[limit] & 0xc0) == 0x80) --limit;  // not within a character
    text.resize(limit);
}

std::string clean_name(std::string_view name, size_t limit) {
    std::string clean;
    for (const char c : name) {
        const bool bad = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ||
                         std::string_view("/\\?%*:|\"<>").find(c) != std::string_view::npos;
        clean += bad ? '-' : c;
    }
    cut(clean, limit);
    const size_t last = clean.find_last_not_of(" .");
    const size_t first = std::min(clean.find_first_not_of(" ."), clean.size());
    clean = last == std::string::npos ? "" : clean.substr(first, last + 1 - first);
    return clean.empty() ? "untitled" : clean;
}

size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            const size_t above = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, above + 1, diagonal + (a[i] != b[j])});
            diagonal = above;
        }
    }
    return row.back();
}

}  // namespace osu
