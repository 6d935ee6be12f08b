#include "studio/http/file_storage.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "studio/refusal.h"

namespace osu::studio {

namespace fs = std::filesystem;

namespace {

constexpr size_t mapped_from = size_t{1} << 16;  // bytes: smaller files are read
constexpr size_t journal_limit = size_t{4} << 30;

class FileJournal : public Journal {
  public:
    explicit FileJournal(fs::path path) : path_(std::move(path)) {}
    ~FileJournal() override {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    std::vector<std::string> read() override {
        std::vector<std::string> lines;
        std::error_code problem;
        if (!fs::exists(path_, problem)) return lines;
        const std::string text = read_file(path_, journal_limit);
        size_t begin = 0;
        for (size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
            lines.push_back(text.substr(begin, end - begin));
        // The next record shall not be glued to the half of one.
        if (begin < text.size() && ::truncate(path_.c_str(), static_cast<off_t>(begin)) != 0)
            fail("cannot mend {}: {}", path_.string(), std::strerror(errno));
        return lines;
    }

    void append(std::string_view record) override {
        if (descriptor_ < 0) open();
        std::string line(record);
        line += '\n';
        size_t done = 0;
        const off_t before = ::lseek(descriptor_, 0, SEEK_END);
        while (done < line.size()) {
            const ssize_t count = ::write(descriptor_, line.data() + done, line.size() - done);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) give_up(before);
            done += static_cast<size_t>(count);
        }
        if (::fdatasync(descriptor_) != 0 && errno != EINVAL) give_up(before);
    }

  private:
    const fs::path path_;
    int descriptor_ = -1;

    void open() {
        descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (descriptor_ < 0) fail("cannot write {}: {}", path_.string(), std::strerror(errno));
    }
    // What was written of the record is taken back.
    [[noreturn]] void give_up(off_t before) {
        const int reason = errno;
        if (before >= 0 && ::ftruncate(descriptor_, before) != 0) ::close(std::exchange(descriptor_, -1));
        refuse(no_room, {"make room on the disk, and do it again: nothing was changed"},
               "cannot write {}: {}", path_.string(), std::strerror(reason));
    }
};

}  // namespace

FileStorage::FileStorage(fs::path folder) : folder_(std::move(folder)) {
    std::error_code problem;
    fs::create_directories(folder_, problem);
    const std::string reason = problem ? problem.message() : "it is a file";
    if (!fs::is_directory(folder_, problem))
        fail(Hint{"give another folder with --data"}, "cannot keep anything in {}: {}", folder_.string(),
             reason);
    fs::permissions(folder_, fs::perms::owner_all, problem);
    try {
        lock_ = std::make_unique<WriterLock>(folder_);
    } catch (const Error&) {
        fail(Hint{"use the page of that one, or give another folder with --data"},
             "another studio keeps what it makes in {}", folder_.string());
    }
}

// Names come from the Api, which makes them of digests; what leads elsewhere would be its mistake.
fs::path FileStorage::path_of(const std::string& name) const {
    constexpr const char* allowed = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    if (name.empty() || name[0] == '.' || name.find_first_not_of(allowed) != std::string::npos)
        fail("'{}' is no name in the studio's data", name);
    return folder_ / name;
}

void FileStorage::put(const std::string& name, std::string_view content) {
    write_file(path_of(name), content);
}

std::optional<Bytes> FileStorage::get(const std::string& name) {
    const fs::path path = path_of(name);
    std::error_code problem;
    const uintmax_t size = fs::file_size(path, problem);
    if (problem) return {};
    if (size < mapped_from) return Bytes::of(read_file(path, mapped_from));
    const auto file = std::make_shared<const MappedFile>(path, WhenCut::zeros);
    return Bytes{file, file->bytes()};
}

// What cannot be removed stays, and is tried again another time.
void FileStorage::remove(const std::string& name) {
    std::error_code problem;
    fs::remove(path_of(name), problem);
}

std::vector<std::string> FileStorage::names(std::string_view prefix) {
    std::vector<std::string> names;
    std::error_code problem;
    for (fs::directory_iterator entry(folder_, problem), end; !problem && entry != end;
         entry.increment(problem))
        if (std::string name = entry->path().filename().string(); name.starts_with(prefix))
            names.push_back(std::move(name));
    return names;
}

std::unique_ptr<Journal> FileStorage::journal(const std::string& name) {
    return std::make_unique<FileJournal>(path_of(name + ".jsonl"));
}

}  // namespace osu::studio
