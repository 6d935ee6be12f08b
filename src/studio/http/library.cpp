#include "studio/http/library.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "beatmap/numbers.h"
#include "beatmap/osu_db.h"
#include "beatmap/osz.h"
#include "data/digest.h"
#include "data/map_candidate.h"
#include "studio/http/folder_song.h"
#include "studio/refusal.h"

namespace osu::studio {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr size_t most_sets = 200'000, id_digits = 16;
constexpr size_t archive_limit = size_t{512} << 20;

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    Fields fields(text, ' ');
    for (std::string_view word; fields.next(word);)
        if (!word.empty()) words.push_back(lower(word));
    return words;
}

// A set of lazer's, whose files have no names: the maps alone, as an archive.
std::shared_ptr<Song> open_nameless(const std::vector<std::string>& files, const std::string& name) {
    std::vector<OszArchive::NewEntry> entries;
    for (const std::string& file : files) {
        std::string text = read_file(file, beatmap_size_limit);
        const std::string version = parse_beatmap(text).metadata.version;
        const std::string stem = clean_name(name + " [" + version + "]", 150);
        entries.push_back({fmt::format("{} {}.osu", stem, entries.size() + 1), std::move(text)});
    }
    return open_song(Bytes::of(make_osz(entries)), clean_name(name, 150) + ".osz");
}

}  // namespace

Library::Library(fs::path folder) : folder_(std::move(folder)) {}

Library::~Library() {
    stop_ = true;
    if (reader_.joinable()) reader_.join();
}

json Library::search(const std::string& text, size_t limit) {
    const std::lock_guard lock(mutex_);
    if (!started_) {
        started_ = true;
        reader_ = std::thread([this] { read(); });
    }
    const std::vector<std::string> words = words_of(text);
    std::vector<const Set*> found;
    for (const auto& [id, set] : sets_)
        if (std::all_of(words.begin(), words.end(), [&searched = set.searched](const std::string& word) {
                return searched.find(word) != std::string::npos;
            }))
            found.push_back(&set);
    const auto earlier = [](const Set* a, const Set* b) {
        return std::tie(a->artist, a->title, a->id) < std::tie(b->artist, b->title, b->id);
    };
    const size_t count = std::min(limit, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(),
                      earlier);
    json sets = json::array();
    for (size_t i = 0; i < count; ++i) {
        json maps = json::array();
        for (const MapOfSet& map : found[i]->maps)
            maps.push_back({{"file", to_utf8(map.file)}, {"version", to_utf8(map.version)}});
        sets.push_back({{"id", found[i]->id},
                        {"artist", to_utf8(found[i]->artist)},
                        {"title", to_utf8(found[i]->title)},
                        {"creator", to_utf8(found[i]->creator)},
                        {"maps", std::move(maps)}});
    }
    return {{"places", places_},
            {"problems", problems_},
            {"ready", ready_},
            {"total", sets_.size()},
            {"sets", std::move(sets)}};
}

std::shared_ptr<Song> Library::open(const std::string& id) {
    Set set;
    {
        const std::lock_guard lock(mutex_);
        const auto found = sets_.find(id);
        if (found == sets_.end()) refuse(not_found, {"search again"}, "the library has no set {}", id);
        set = found->second;
    }
    if (set.kind == Kind::folder) return open_folder_song(set.place);
    if (set.kind == Kind::archive)
        return open_song(Bytes::of(read_file(set.place, archive_limit)), set.place.filename().string());
    std::vector<std::string> files;
    for (const MapOfSet& map : set.maps) files.push_back(map.file);
    return open_nameless(files, set.artist + " - " + set.title);
}

void Library::read() {
    try {
        const std::vector<MapSource> sources = folder_.empty()
                                                   ? usual_sources(Machine::here())
                                                   : std::vector<MapSource>{recognise_source(folder_)};
        {
            const std::lock_guard lock(mutex_);
            for (const MapSource& source : sources) places_.push_back(to_utf8(source.path.string()));
        }
        for (const MapSource& source : sources) read_source(source);
    } catch (const std::exception& error) {  // a folder that cannot be read has no songs
        note(folder_, error.what());
    }
    const std::lock_guard lock(mutex_);
    ready_ = true;
}

// Where the game's database cannot be read, the files themselves are.
void Library::read_source(const MapSource& source) {
    try {
        if (!source.database.empty()) return read_database(source);
    } catch (const std::exception& error) {
        note(source.database, error.what());
    }
    try {
        MapSource files = source;
        files.database.clear();
        read_files(files);
    } catch (const std::exception& error) {
        note(source.path, error.what());
    }
}

void Library::note(const fs::path& place, const std::string& problem) {
    const std::lock_guard lock(mutex_);
    problems_.push_back(to_utf8(
        problem.find(place.string()) == std::string::npos ? place.string() + ": " + problem : problem));
}

void Library::read_database(const MapSource& source) {
    OsuDatabase database = read_osu_database(source.database, Damaged::kept);
    for (const DatabaseBeatmap& map : database.beatmaps) {
        if (stop_) return;
        if (map.mode != GameMode::standard || map.folder.empty()) continue;
        std::string folder = map.folder;
        std::replace(folder.begin(), folder.end(), '\\', '/');
        add(Kind::folder, source.maps / folder, folder, map, map.osu_file);
    }
}

void Library::read_files(const MapSource& source) {
    std::vector<SkippedMap> unread;
    const std::vector<std::string> files = find_map_files(source, {}, unread);
    for (const SkippedMap& folder : unread) note(folder.path, folder.reason + ": " + folder.detail);
    for (const std::string& file : files) {
        if (stop_) return;
        for (const ExaminedMap& map : examine_file(file).maps) {
            const MapSummary& facts = map.summary;
            if (facts.mode != GameMode::standard) continue;
            const fs::path path(file);
            if (!map.candidate.place.entry.empty())
                add(Kind::archive, path, file, facts, map.candidate.place.entry);
            else if (source.kind == SourceKind::lazer)
                add(Kind::nameless, path, fmt::format("{} {}", facts.set_id, map.candidate.names), facts,
                    file);
            else
                add(Kind::folder, path.parent_path(), path.parent_path().string(), facts,
                    path.filename().string());
        }
    }
}

void Library::add(Kind kind, const fs::path& place, const std::string& key, const MapFacts& facts,
                  std::string file) {
    const std::string id = sha256_of(key).substr(0, id_digits);
    const std::lock_guard lock(mutex_);
    if (sets_.size() >= most_sets && !sets_.count(id)) return;
    Set& set = sets_[id];
    if (set.id.empty()) {
        set.kind = kind;
        set.id = id;
        set.artist = facts.artist;
        set.title = facts.title;
        set.creator = facts.creator;
        set.place = place;
        set.searched = lower(facts.artist + " " + facts.title + " " + facts.creator + " " + facts.tags);
    }
    set.searched += " " + lower(facts.version);
    set.maps.push_back({std::move(file), facts.version});
}

}  // namespace osu::studio
