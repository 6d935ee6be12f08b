// Rewriting a map's text: replace, remove and insert lines, keep every other byte (line ends and BOM
// included).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "beatmap/beatmap.h"

namespace osu {

class Rewrite {
  public:
    explicit Rewrite(const Beatmap& source) : source_(source) {}

    explicit Rewrite(Beatmap&&) = delete;  // the source must outlive it

    void replace(uint32_t line, std::string text);  // without a line end: the old line's stays
    void remove(uint32_t line);                     // and its line end
    void insert_before(uint32_t line,
                       std::string text);  // takes its neighbour's line end; lines.size(): at the end
    // Sets `Key:Value` in a section (Version and BeatmapID live in [Metadata]), in every line that has the
    // key; adds the key, and the section, where it is missing. Error when the value has a line end in it.
    void set_value(Section section, std::string_view key, std::string_view value);

    std::string text() const;       // in the source's encoding; without edits: the source, byte for byte
    std::string utf8_text() const;  // the same as UTF-8

  private:
    struct Edit {
        uint32_t line;
        enum Kind : uint8_t { insertion, replacement, removal } kind;
        std::string text;
    };
    void add(uint32_t line, Edit::Kind kind, std::string text);

    const Beatmap& source_;
    std::vector<Edit> edits_;
};

}  // namespace osu
