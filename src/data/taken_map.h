// A map as a dataset takes it: its text without storyboard, what metadata.json says of it, where its audio
// is.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "data/dataset_folder.h"
#include "data/map_candidate.h"
#include "sequence/sequence.h"

namespace osu {

// Of a map whose file is not the one that osu!.db speaks of.
constexpr const char* changed_since_database = "changed since osu!.db was written";

// Why a map that was found is not taken after all.
struct CannotTake : std::runtime_error {
    CannotTake(const char* reason, const std::string& detail) : std::runtime_error(detail), reason(reason) {}
    const char* reason;
};

enum class TakeSequence : bool { no, yes };

struct TakenMap {
    TrackBeatmap facts;  // all but name and index
    TrackMetadata set;   // all but its beatmaps
    // Without storyboard and video, with beatmap and set ID; every other byte is the source's. Or, where that
    // was asked for, the sequence in its place.
    std::string text;
    Sequence sequence;
    std::vector<float> distance;
};

// Reads the file again. What the game's database knows comes from there, the rest from the map; where the
// file has changed and is taken, all that it says itself comes from the file. Throws CannotTake.
TakenMap take_map(const MapCandidate& candidate, TakeSequence with_sequence);

// The sequence of a map of a packed dataset, and its distances. Error where a datapoint has no finite place
// or time, or there is none.
Sequence finite_sequence(const Beatmap& map);

// Looked for where the map is; nothing in an osu!lazer folder, whose files have no names.
std::optional<MapPlace> find_audio(const MapCandidate& candidate);

}  // namespace osu
