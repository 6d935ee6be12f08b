#include "studio/example.h"

#include "beatmap/osz.h"
#include "beatmap/rewrite.h"
#include "studio/waltz.h"

namespace osu::studio {

std::shared_ptr<Song> example_song(const std::string& osu_text) {
    const Beatmap map = parse_beatmap(osu_text);
    Rewrite rewrite(map);
    rewrite.set_value(Section::general, "AudioFilename", "waltz.wav");
    const OszArchive::NewEntry entries[] = {{"waltz.osu", rewrite.text()},
                                            {"waltz.wav", synthesise_waltz(map)}};
    return open_song(Bytes::of(make_osz(entries)), "Waltz of the Noise.osz");
}

}  // namespace osu::studio
