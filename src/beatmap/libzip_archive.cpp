// zip_archive.h through libzip.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include <zip.h>

#include "base/error.h"
#include "beatmap/zip_archive.h"

namespace osu {

namespace {

enum class Purpose : bool { reading, writing };

// A zip over bytes in memory. To be read, it takes them where they are; to be changed, it owns a copy of
// them: the writer of libzip 1.7 frees them, whoever they belong to.
class Zip {
  public:
    Zip(std::span<const std::byte> bytes, Purpose purpose, const std::string& name) {
        zip_error_t error;
        zip_error_init(&error);
        const void* data = bytes.data();
        if (purpose == Purpose::writing) {
            // libzip frees no buffer that is empty.
            void* copy = bytes.empty() ? nullptr : std::malloc(bytes.size());
            if (!copy && !bytes.empty()) throw std::bad_alloc();
            if (copy) std::memcpy(copy, data, bytes.size());
            data = copy;
        }
        source_ = zip_source_buffer_create(data, bytes.size(), purpose == Purpose::writing, &error);
        if (source_)
            archive_ = zip_open_from_source(source_,
                                            purpose == Purpose::reading ? ZIP_RDONLY
                                            : bytes.empty()             ? ZIP_CREATE
                                                                        : 0,
                                            &error);
        const std::string reason = zip_error_strerror(&error);
        zip_error_fini(&error);
        if (!archive_) {
            if (source_) zip_source_free(source_);
            fail("{} is no readable archive: {}", name, reason);
        }
    }
    ~Zip() {
        if (archive_) zip_discard(archive_);
    }
    Zip(const Zip&) = delete;
    Zip& operator=(const Zip&) = delete;

    zip_t* get() const { return archive_; }
    std::string reason() const { return zip_strerror(archive_); }

    // Carries the changes out and hands the new archive to `write`, piece by piece.
    void save(const std::string& name, const std::function<void(std::string_view)>& write) {
        zip_source_keep(source_);
        const std::unique_ptr<zip_source_t, decltype(&zip_source_free)> source(source_, zip_source_free);
        if (zip_close(archive_) != 0) fail("cannot copy {}: {}", name, reason());
        archive_ = nullptr;
        if (zip_source_open(source.get()) != 0)
            fail("cannot copy {}: {}", name, zip_error_strerror(zip_source_error(source.get())));
        std::vector<char> piece(size_t{1} << 20);
        zip_int64_t count;
        while ((count = zip_source_read(source.get(), piece.data(), piece.size())) > 0)
            write(std::string_view(piece.data(), static_cast<size_t>(count)));
        zip_source_close(source.get());
        if (count < 0) fail("cannot copy {}: {}", name, zip_error_strerror(zip_source_error(source.get())));
    }

  private:
    zip_source_t* source_ = nullptr;
    zip_t* archive_ = nullptr;
};

}  // namespace

struct ZipArchive::Handle : Zip {
    using Zip::Zip;
};

ZipArchive::ZipArchive(std::span<const std::byte> bytes, const std::string& name)
    : handle_(std::make_unique<Handle>(bytes, Purpose::reading, name)) {
    const auto count = static_cast<uint64_t>(zip_get_num_entries(handle_->get(), 0));
    for (uint64_t i = 0; i < count; ++i) {
        zip_stat_t status;
        if (zip_stat_index(handle_->get(), i, 0, &status) != 0 || !(status.valid & ZIP_STAT_NAME))
            fail("entry {} of {} cannot be read: {}", i, name, handle_->reason());
        const char* const raw = zip_get_name(handle_->get(), i, ZIP_FL_ENC_RAW);
        items_.push_back({raw ? raw : status.name, status.valid & ZIP_STAT_SIZE ? status.size : 0,
                          status.valid & ZIP_STAT_MTIME ? static_cast<int64_t>(status.mtime) : 0});
    }
}

ZipArchive::~ZipArchive() = default;

void ZipArchive::read(size_t item, const std::function<void(std::string_view piece)>& take) const {
    const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(zip_fopen_index(handle_->get(), item, 0),
                                                                  zip_fclose);
    if (!file) fail("{}", handle_->reason());
    char piece[1 << 16];
    zip_int64_t count;
    while ((count = zip_fread(file.get(), piece, sizeof piece)) > 0)
        take(std::string_view(piece, static_cast<size_t>(count)));
    if (count < 0) fail("{}", zip_file_strerror(file.get()));
}

void write_zip(std::span<const std::byte> archive, std::span<const ZipAddition> added,
               const std::string& name, const std::function<void(std::string_view piece)>& write) {
    Zip zip(archive, Purpose::writing, name);
    for (const auto& [item, content] : added) {
        zip_source_t* source = zip_source_buffer(zip.get(), content.data(), content.size(), 0);
        const zip_int64_t index = source ? zip_file_add(zip.get(), std::string(item).c_str(), source,
                                                        ZIP_FL_ENC_UTF_8 | ZIP_FL_OVERWRITE)
                                         : -1;
        if (index < 0) {
            if (source) zip_source_free(source);
            fail("cannot add {} to {}: {}", item, name, zip.reason());
        }
        constexpr uint16_t first_day = 1 << 5 | 1;
        zip_file_set_dostime(zip.get(), static_cast<zip_uint64_t>(index), 0, first_day, 0);
    }
    zip.save(name, write);
}

}  // namespace osu
