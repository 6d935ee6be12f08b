// The songs on this computer: those of the game's folders, or of one that was named. Read on a thread of its
// own, searched meanwhile.
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "data/game_folder.h"
#include "studio/song.h"

namespace osu::studio {

class Library {
  public:
    // Nothing is read before the first search. `folder`: empty for the game's usual places.
    explicit Library(std::filesystem::path folder);
    ~Library();

    // {places, problems, ready, total, sets}: where it looks, what could not be read there, sets whose
    // artist, title, mapper or difficulties have all words of the text.
    nlohmann::json search(const std::string& text, size_t limit);
    std::shared_ptr<Song> open(const std::string& id);  // Refusal for an unknown one

  private:
    struct MapOfSet {
        std::string file, version;  // file: in the set's folder; of lazer's, whole
    };
    enum class Kind : uint8_t { folder, archive, nameless };
    struct Set {
        Kind kind = Kind::folder;
        std::string id, artist, title, creator, searched;
        std::filesystem::path place;
        std::vector<MapOfSet> maps;
    };

    const std::filesystem::path folder_;
    std::mutex mutex_;
    std::vector<std::string> places_, problems_;
    std::map<std::string, Set> sets_;  // by ID
    std::atomic<bool> stop_ = false;
    bool started_ = false, ready_ = false;
    std::thread reader_;

    void read();
    void read_source(const MapSource& source);
    void note(const std::filesystem::path& place, const std::string& problem);
    void read_database(const MapSource& source);
    void read_files(const MapSource& source);
    void add(Kind kind, const std::filesystem::path& place, const std::string& key, const MapFacts& facts,
             std::string file);
};

}  // namespace osu::studio
