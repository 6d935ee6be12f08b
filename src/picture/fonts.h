// Which of the system's fonts draws a character: titles come in every script, and cairo's own choice, one
// font for all, draws boxes for what that font lacks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cairo.h>

namespace osu {

// Text of one font.
struct TextRun {
    std::string text;
    cairo_font_face_t* face = nullptr;  // lives as long as the program
};

// Valid UTF-8 in the order of its characters; those that no font has are '?'.
std::vector<TextRun> runs_of(std::string_view text, bool bold);

// Whether some font has each of its characters.
bool can_draw(std::string_view text);

}  // namespace osu
