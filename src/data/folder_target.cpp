// A track is completed under another name and then renamed, in order: a killed run leaves a whole dataset.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "data/dataset_target.h"
#include "data/writer_lock.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

constexpr size_t audio_size_limit = size_t{1} << 30;

std::string unfinished_name(uint32_t track) {
    return "." + track_name(track) + ".part";
}

void remove_unfinished(const fs::path& out) {
    for (const auto& entry : fs::directory_iterator(out)) {
        const std::string name = entry.path().filename().string();
        if (name.rfind(".Track", 0) == 0 && entry.path().extension() == ".part") fs::remove_all(entry.path());
    }
}

// Its place is no final one, so it needs no other name meanwhile; syncing is left to the end, for all at
// once.
void write_plainly(const fs::path& path, const std::string& content) {
    const auto refuse = [&] { fail("cannot write {}: {}", path.string(), std::strerror(errno)); };
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) refuse();
    for (size_t done = 0; done < content.size();) {
        const ssize_t count = ::write(file, content.data() + done, content.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            const int reason = errno;
            ::close(file);
            errno = reason;
            refuse();
        }
        done += static_cast<size_t>(count);
    }
    if (::close(file) != 0) refuse();
}

void copy_audio(const MapPlace& from, const fs::path& to) {
    if (!from.entry.empty()) return write_plainly(to, from.read(audio_size_limit));
    std::error_code error;
    if (!fs::copy_file(from.file, to, error)) fail("cannot copy {}: {}", from.file, error.message());
}

void write_track(const fs::path& folder, const NewTrack& track) {
    const fs::path maps = folder / track.metadata.map_dir;
    fs::create_directories(maps);
    for (size_t i = 0; i < track.maps.size(); ++i)
        write_plainly(maps / (track.metadata.beatmaps[i].name + ".osu"), track.maps[i].text);
    if (track.audio) copy_audio(*track.audio, folder / track.metadata.audio_file);
    write_plainly(folder / "metadata.json", to_json(track.metadata));
}

class FolderTarget final : public DatasetTarget {
  public:
    FolderTarget(fs::path out, std::function<void(uint32_t)> before_track)
        : out_(std::move(out)), before_track_(std::move(before_track)) {
        std::error_code error;
        fs::create_directories(out_, error);
        if (error) fail("cannot make the folder {}: {}", out_.string(), error.message());
        lock_.emplace(out_);
        remove_unfinished(out_);
        DatasetFolder there = find_dataset_folder(out_);
        next_track = there.next_track;
        next_index = there.next_index;
        maps = there.maps.size();
        tracks = there.tracks;
        problems = std::move(there.problems);
        for (FolderMap& map : there.maps)
            if (!map.md5.empty()) md5.emplace(std::move(map.md5), map.track);
    }

    TakeSequence wants_sequence() const override { return TakeSequence::no; }

    void write(std::vector<NewTrack>& tracks) override {
        if (!tracks.empty() && (tracks.back().number > largest_label || next_index - 1 > largest_label))
            fail(Hint{"give another folder, or number its tracks and maps anew"},
                 "the numbers of {} are used up: tracks and classes end at {}", out_.string(), largest_label);
        std::vector<std::string> errors(tracks.size());
        parallel_for_dynamic(static_cast<int64_t>(tracks.size()), [&](int64_t i) {
            try {
                write_track(out_ / unfinished_name(tracks[i].number), tracks[i]);
            } catch (const std::exception& error) {
                errors[i] = error.what();
            }
        });
        // The files of all tracks at once, before these have their names.
        if (const int reason = sync(::syncfs); reason == EIO || reason == ENOSPC || reason == EDQUOT) {
            remove_unfinished(out_);
            fail("cannot write {}: {}", out_.string(), std::strerror(reason));
        }
        for (size_t i = 0; i < tracks.size(); ++i) {
            if (!errors[i].empty()) {
                remove_unfinished(out_);
                fail(Hint{"the tracks before it are whole; run again to go on"}, "{}", errors[i]);
            }
            const uint32_t number = tracks[i].number;
            if (before_track_) before_track_(number);
            fs::rename(out_ / unfinished_name(number), out_ / track_name(number));
        }
        sync(::fsync);
    }

    bool add_audio(uint32_t track, const MapCandidate& map) override {
        const fs::path folder = out_ / track_name(track);
        const std::string name = parse_track_metadata(read_file(folder / "metadata.json")).audio_file;
        if (name.empty() || fs::path(name).filename() != name || fs::exists(folder / name)) return true;
        const auto audio = find_audio(map);
        if (!audio) return false;
        const fs::path unfinished = folder / "audio.part";
        fs::remove(unfinished);
        copy_audio(*audio, unfinished);
        fs::rename(unfinished, folder / name);
        return true;
    }

  private:
    // The reason why it failed, or 0. Where the folder cannot be synced at all, all that can be was done.
    int sync(int (*how)(int)) const {
        const int folder = ::open(out_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0) return 0;
        const int reason = how(folder) == 0 ? 0 : errno;
        ::close(folder);
        return reason;
    }

    fs::path out_;
    std::optional<WriterLock> lock_;
    std::function<void(uint32_t)> before_track_;
};

}  // namespace

std::unique_ptr<DatasetTarget> folder_target(const fs::path& folder,
                                             std::function<void(uint32_t)> before_track) {
    return std::make_unique<FolderTarget>(folder, std::move(before_track));
}

}  // namespace osu
