// Any text as metadata.json, as an index of labels, and as the game's settings and names of files.
#include <cstdlib>

#include "base/error.h"
#include "data/dataset_folder.h"
#include "data/game_folder.h"
#include "data/label_index.h"
#include "data/map_filter.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace osu;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const std::string json = to_json(parse_track_metadata(text));
        if (to_json(parse_track_metadata(json)) != json) std::abort();  // what we write we read back
    } catch (const Error&) {
    }
    try {
        const std::string json = parse_label_index(text).to_json();
        if (parse_label_index(json).to_json() != json) std::abort();
    } catch (const Error&) {
    }
    from_windows(setting(text, "BeatmapDirectory"), "/mnt");
    const std::filesystem::path found = find_named("/nowhere", text);
    if (!found.empty()) std::abort();
    is_by_mapper(text.substr(0, size / 3), text.substr(size / 3), text.substr(size / 2));
    has_tag(text, "tag");
    return 0;
}
