#include "picture/fonts.h"

#include <map>
#include <memory>
#include <mutex>

#include <cairo-ft.h>
#include <fontconfig/fontconfig.h>

namespace osu {

namespace {

struct Destroy {
    void operator()(FcPattern* pattern) const { FcPatternDestroy(pattern); }
    void operator()(FcCharSet* set) const { FcCharSetDestroy(set); }
};
using Pattern = std::unique_ptr<FcPattern, Destroy>;
using CharSet = std::unique_ptr<FcCharSet, Destroy>;

// Fonts by what they draw. Finding one takes a millisecond, and titles have the same characters again.
class Fonts {
  public:
    // Null where no font has it.
    cairo_font_face_t* face_of(FcChar32 character, bool bold) {
        const std::lock_guard lock(mutex_);
        const auto [found, fresh] = faces_.try_emplace({character, bold}, nullptr);
        if (fresh) found->second = find(character, bold);
        return found->second;
    }

  private:
    std::mutex mutex_;
    std::map<std::pair<FcChar32, bool>, cairo_font_face_t*> faces_;
    std::map<std::string, cairo_font_face_t*> by_file_;

    cairo_font_face_t* find(FcChar32 character, bool bold) {
        const Pattern wanted(FcPatternCreate());
        const CharSet set(FcCharSetCreate());
        FcCharSetAddChar(set.get(), character);
        FcPatternAddString(wanted.get(), FC_FAMILY, reinterpret_cast<const FcChar8*>("sans-serif"));
        FcPatternAddInteger(wanted.get(), FC_WEIGHT, bold ? FC_WEIGHT_BOLD : FC_WEIGHT_REGULAR);
        FcPatternAddCharSet(wanted.get(), FC_CHARSET, set.get());
        FcConfigSubstitute(nullptr, wanted.get(), FcMatchPattern);
        FcDefaultSubstitute(wanted.get());
        FcResult result = FcResultNoMatch;
        const Pattern font(FcFontMatch(nullptr, wanted.get(), &result));
        FcCharSet* has = nullptr;
        if (!font || FcPatternGetCharSet(font.get(), FC_CHARSET, 0, &has) != FcResultMatch ||
            !FcCharSetHasChar(has, character))
            return nullptr;
        FcChar8* file = nullptr;
        int index = 0;
        FcPatternGetString(font.get(), FC_FILE, 0, &file);
        FcPatternGetInteger(font.get(), FC_INDEX, 0, &index);
        const std::string name =
            std::string(file ? reinterpret_cast<const char*>(file) : "") + '#' + std::to_string(index);
        cairo_font_face_t*& face = by_file_[name];
        if (!face) face = cairo_ft_font_face_create_for_pattern(font.get());
        return face;
    }
};

Fonts& fonts() {
    static Fonts* const all = new Fonts;  // cairo uses the faces until the very end
    return *all;
}

// The next character of the text and its bytes.
int decode(std::string_view text, FcChar32& character) {
    const int bytes = FcUtf8ToUcs4(reinterpret_cast<const FcChar8*>(text.data()), &character,
                                   static_cast<int>(text.size()));
    return bytes > 0 ? bytes : 1;
}

}  // namespace

std::vector<TextRun> runs_of(std::string_view text, bool bold) {
    std::vector<TextRun> runs;
    while (!text.empty()) {
        FcChar32 character = '?';
        const auto bytes = static_cast<size_t>(decode(text, character));
        cairo_font_face_t* face = fonts().face_of(character, bold);
        const std::string_view shown = face ? text.substr(0, bytes) : "?";
        if (!face) face = fonts().face_of('?', bold);
        if (runs.empty() || runs.back().face != face) runs.push_back({"", face});
        runs.back().text += shown;
        text.remove_prefix(bytes);
    }
    return runs;
}

bool can_draw(std::string_view text) {
    while (!text.empty()) {
        FcChar32 character = 0;
        const auto bytes = static_cast<size_t>(decode(text, character));
        if (!fonts().face_of(character, false)) return false;
        text.remove_prefix(bytes);
    }
    return true;
}

}  // namespace osu
