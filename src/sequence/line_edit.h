// Replaces parts of one line of a beatmap, which views into that line name, from left to right.
#pragma once

#include <string>
#include <string_view>

namespace osu {

class LineEdit {
  public:
    explicit LineEdit(std::string_view line) : line_(line) {}

    void replace(std::string_view part, std::string_view with) {
        const auto start = static_cast<size_t>(part.data() - line_.data());
        text_.append(line_.substr(done_, start - done_)).append(with);
        done_ = start + part.size();
        changed_ = true;
    }
    bool changed() const { return changed_; }
    std::string text() const { return text_ + std::string(line_.substr(done_)); }

  private:
    std::string_view line_;
    std::string text_;
    size_t done_ = 0;
    bool changed_ = false;
};

// What the game reads of a line outside [Metadata].
inline std::string_view without_comment(std::string_view line) {
    return line.substr(0, line.find("//"));
}

}  // namespace osu
