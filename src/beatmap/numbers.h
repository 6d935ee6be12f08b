// Numbers and fields of a beatmap's text, with the rules of the game's reader (.NET, invariant culture):
// spaces around a number, a leading +, thousands separators, "NaN"; values beyond a limit are refused.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace osu {

constexpr double max_value = std::numeric_limits<int32_t>::max();  // of any number that the game reads
constexpr double max_coordinate = 131072;                          // px, of positions and lengths

enum class NaN : bool { refused, allowed };

bool read_number(std::string_view text, double& out, double limit = max_value, NaN nan = NaN::refused);
bool read_number(std::string_view text, float& out, double limit = max_value);
bool read_number(std::string_view text, int32_t& out);

std::string_view trim(std::string_view text);  // white space of Unicode, as the game trims
std::string_view trim_end(std::string_view text);

// The text with every byte that is no UTF-8 replaced by U+FFFD, as the game shows it.
std::string to_utf8(std::string_view text);

// Walks over the parts of a text between separators; "a," has two parts, "" has one.
class Fields {
  public:
    explicit Fields(std::string_view text, char separator = ',')
        : position_(text.data()), end_(text.data() + text.size()), separator_(separator) {}

    bool next(std::string_view& field) {
        if (done_) return false;
        const char* start = position_;
        while (position_ != end_ && *position_ != separator_) ++position_;
        field = {start, static_cast<size_t>(position_ - start)};
        if (position_ == end_)
            done_ = true;
        else
            ++position_;
        return true;
    }
    // What is left, separators included.
    std::string_view rest() const { return {position_, static_cast<size_t>(end_ - position_)}; }

  private:
    const char* position_;
    const char* end_;
    char separator_;
    bool done_ = false;
};

}  // namespace osu
