#include "beatmap/osz.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>

#include <zip.h>

#include "base/error.h"
#include "base/text.h"
#include "beatmap/encoding.h"
#include "beatmap/osz_directory.h"

namespace osu {

namespace {

constexpr size_t map_bytes_limit = size_t{1} << 27;  // of all maps of one archive, unpacked
constexpr uint64_t entry_count_limit = 100000;

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
            void* copy = std::malloc(std::max<size_t>(bytes.size(), 1));
            if (!copy) throw std::bad_alloc();
            if (!bytes.empty()) std::memcpy(copy, data, bytes.size());
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
    template <class Write>
    void save(const std::string& name, Write write) {
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

std::string with_slashes(std::string_view name) {  // old Windows programs write '\'
    std::string out(name);
    std::replace(out.begin(), out.end(), '\\', '/');
    return out;
}

// Whether a name stays inside the folder that it is unpacked to, on every system.
bool is_inside(std::string_view name) {
    if (name.empty() || name[0] == '/' || (name.size() > 1 && name[1] == ':')) return false;
    for (size_t begin = 0; begin <= name.size();) {
        const size_t end = std::min(name.find('/', begin), name.size());
        if (name.substr(begin, end - begin) == "..") return false;
        begin = end + 1;
    }
    return std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

}  // namespace

bool looks_like_osz(const std::filesystem::path& file) {
    char bytes[4] = {};
    std::error_code problem;
    if (!std::filesystem::is_regular_file(file, problem)) return false;
    std::ifstream(file, std::ios::binary).read(bytes, sizeof bytes);
    return std::string_view(bytes, sizeof bytes) == "PK\3\4";
}

bool is_map_name(std::string_view name) {
    if (name.size() <= 4 || !equal_but_for_case(name.substr(name.size() - 4), ".osu")) return false;
    const size_t slash = name.rfind('/');
    if (name.substr(slash == name.npos ? 0 : slash + 1).starts_with("._")) return false;
    return !name.starts_with("__MACOSX/") && name.find("/__MACOSX/") == name.npos;
}

struct OszArchive::Handle : Zip {
    using Zip::Zip;
};

OszArchive::OszArchive(const std::filesystem::path& path)
    : file_(std::make_unique<MappedFile>(path)), bytes_(file_->bytes()), name_(path.string()) {
    open();
}

OszArchive::OszArchive(std::span<const std::byte> bytes, std::string name)
    : bytes_(bytes), name_(std::move(name)) {
    open();
}

OszArchive::~OszArchive() = default;
OszArchive::OszArchive(OszArchive&&) noexcept = default;
OszArchive& OszArchive::operator=(OszArchive&&) noexcept = default;

void OszArchive::open() {
    if (bytes_.empty()) fail("{} is empty", name_);
    check_osz_directory(bytes_, entry_count_limit, name_);
    handle_ = std::make_unique<Handle>(bytes_, Purpose::reading, name_);
    const auto count = static_cast<uint64_t>(zip_get_num_entries(handle_->get(), 0));
    if (count > entry_count_limit) fail("{} has {} entries, more than any set of maps", name_, count);
    for (uint64_t i = 0; i < count; ++i) {
        zip_stat_t status;
        if (zip_stat_index(handle_->get(), i, 0, &status) != 0 || !(status.valid & ZIP_STAT_NAME))
            fail("entry {} of {} cannot be read: {}", i, name_, handle_->reason());
        const char* const raw = zip_get_name(handle_->get(), i, ZIP_FL_ENC_RAW);
        std::string name = with_slashes(decoded_name(raw ? raw : status.name));
        if (!is_inside(name))
            fail(Hint{"Such archives are made to do harm; do not open it with other programs either."},
                 "{} has an entry with an unsafe name, '{}'", name_, name.substr(0, 200));
        if (name.ends_with('/')) continue;
        entries_.push_back({std::move(name), status.valid & ZIP_STAT_SIZE ? status.size : 0,
                            status.valid & ZIP_STAT_MTIME ? static_cast<int64_t>(status.mtime) : 0});
        zip_index_.push_back(i);
    }
}

std::string OszArchive::read(size_t entry, size_t limit) const {
    const OszEntry& wanted = entries_.at(entry);
    if (wanted.size > limit)
        fail("{} in {} unpacks to {} bytes, more than the {} that can be right", wanted.name, name_,
             wanted.size, limit);
    const bool counts = is_map_name(wanted.name);
    if (counts && unpacked_ > map_bytes_limit)
        fail("the maps of {} unpack to more than the {} bytes that can be right", name_, map_bytes_limit);
    const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(
        zip_fopen_index(handle_->get(), zip_index_[entry], 0), zip_fclose);
    if (!file) fail("{} in {} cannot be read: {}", wanted.name, name_, handle_->reason());
    std::string content;
    char piece[1 << 16];
    zip_int64_t count;
    while ((count = zip_fread(file.get(), piece, sizeof piece)) > 0) {
        content.append(piece, static_cast<size_t>(count));
        if (counts) unpacked_ += static_cast<uint64_t>(count);
        if (content.size() > limit || content.size() > wanted.size)  // it says less than it holds
            fail("{} in {} unpacks to more than the {} bytes that it declares", wanted.name, name_,
                 wanted.size);
    }
    if (count < 0) fail("{} in {} is damaged: {}", wanted.name, name_, zip_file_strerror(file.get()));
    if (content.size() != wanted.size) fail("{} in {} is cut short", wanted.name, name_);
    return content;
}

std::string OszArchive::read(std::string_view name, size_t limit) const {
    const std::string wanted = with_slashes(name);
    const auto matches = [&](auto same) {
        return std::find_if(entries_.begin(), entries_.end(),
                            [&](const OszEntry& entry) { return same(entry.name); });
    };
    auto found = matches([&](const std::string& entry) { return entry == wanted; });
    if (found == entries_.end())
        found = matches([&](const std::string& entry) { return equal_but_for_case(entry, wanted); });
    if (found == entries_.end()) fail("{} has no entry '{}'", name_, name);
    return read(static_cast<size_t>(found - entries_.begin()), limit);
}

std::vector<OszMap> OszArchive::maps() const {
    std::vector<OszMap> maps;
    for (size_t i = 0; i < entries_.size(); ++i) {
        if (!is_map_name(entries_[i].name)) continue;
        OszMap map{i, entries_[i].name};
        try {
            const Beatmap parsed = parse_beatmap(read(i));
            map.version = parsed.metadata.version;
            map.beatmap_id = parsed.metadata.beatmap_id;
            map.mode = parsed.mode;
        } catch (const Error& error) {
            map.problem = error.what();
        }
        maps.push_back(std::move(map));
    }
    return maps;
}

OszMap OszArchive::find(std::string_view which) const {
    const std::vector<OszMap> all = maps();
    int64_t id = 0;
    const auto [stop, problem] = std::from_chars(which.data(), which.data() + which.size(), id);
    const bool is_id = problem == std::errc{} && stop == which.data() + which.size() && id > 0;

    std::vector<const OszMap*> found;
    const auto collect = [&](auto matches) {
        if (!found.empty()) return;
        for (const OszMap& map : all)
            if (matches(map)) found.push_back(&map);
    };
    if (which.empty()) collect([](const OszMap& map) { return map.problem.empty(); });
    if (which.empty()) collect([](const OszMap&) { return true; });
    collect([&](const OszMap& map) { return map.version == which; });
    collect([&](const OszMap& map) { return is_id && map.beatmap_id == id; });
    collect([&](const OszMap& map) { return equal_but_for_case(map.file_name, with_slashes(which)); });
    collect([&](const OszMap& map) { return equal_but_for_case(map.version, which); });
    collect([&](const OszMap& map) { return contains_but_for_case(map.version, which); });
    const auto is_damaged = [](const OszMap* map) { return !map->problem.empty(); };
    if (found.size() > 1 && !std::all_of(found.begin(), found.end(), is_damaged))
        std::erase_if(found, is_damaged);
    if (found.size() == 1) return *found[0];

    std::string hint = all.empty() ? "It holds no map." : "Its maps:";
    for (size_t i = 0; i < std::min<size_t>(all.size(), 50); ++i)
        hint += fmt::format("\n  [{}] {} ({})", all[i].version, all[i].beatmap_id, all[i].file_name);
    if (which.empty()) fail(Hint{hint}, "{} holds {} maps: say which one", name_, all.size());
    if (found.empty()) fail(Hint{hint}, "{} has no map '{}'", name_, which);
    fail(Hint{hint}, "{} has {} maps '{}': name more of it, or the file", name_, found.size(), which);
}

Beatmap OszArchive::map(const OszMap& map) const {
    try {
        return parse_beatmap(read(map.entry));
    } catch (const Error& error) {
        throw Error(fmt::format("cannot read {} of {}: {}", map.file_name, name_, error.what()),
                    error.hint());
    }
}

namespace {

void add_entries(Zip& zip, std::span<const OszArchive::NewEntry> added, const std::string& name) {
    for (const auto& [entry, content] : added) {
        if (!is_inside(with_slashes(entry))) fail("'{}' cannot be the name of a file in an archive", entry);
        zip_source_t* source = zip_source_buffer(zip.get(), content.data(), content.size(), 0);
        const zip_int64_t index =
            source ? zip_file_add(zip.get(), entry.c_str(), source, ZIP_FL_ENC_UTF_8 | ZIP_FL_OVERWRITE) : -1;
        if (index < 0) {
            if (source) zip_source_free(source);
            fail("cannot add {} to {}: {}", entry, name, zip.reason());
        }
        constexpr uint16_t first_day = 1 << 5 | 1;  // 1980-01-01: the same content gives the same archive
        zip_file_set_dostime(zip.get(), static_cast<zip_uint64_t>(index), 0, first_day, 0);
    }
}

std::string saved(Zip& zip, const std::string& name) {
    std::string bytes;
    zip.save(name, [&](std::string_view piece) { bytes += piece; });
    return bytes;
}

}  // namespace

void OszArchive::write_with(const std::filesystem::path& target, std::span<const NewEntry> added) const {
    Zip copy(bytes_, Purpose::writing, name_);
    add_entries(copy, added, name_);
    AtomicFile file(target);
    copy.save(name_, [&](std::string_view piece) { file.write(piece); });
    file.commit();
}

std::string OszArchive::copy_with(std::span<const NewEntry> added) const {
    Zip copy(bytes_, Purpose::writing, name_);
    add_entries(copy, added, name_);
    return saved(copy, name_);
}

std::string make_osz(std::span<const OszArchive::NewEntry> entries) {
    const std::string name = "the archive";
    Zip zip({}, Purpose::writing, name);
    add_entries(zip, entries, name);
    return saved(zip, name);
}

}  // namespace osu
