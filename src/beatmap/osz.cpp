#include "beatmap/osz.h"

#include <algorithm>
#include <charconv>
#include <fstream>

#include "base/error.h"
#include "base/text.h"
#include "beatmap/encoding.h"
#include "beatmap/osz_directory.h"
#include "beatmap/zip_archive.h"

namespace osu {

namespace {

constexpr size_t map_bytes_limit = size_t{1} << 27;  // of all maps of one archive, unpacked
constexpr uint64_t entry_count_limit = 100000;

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

bool is_of_macos(std::string_view name) {
    return name.substr(name.rfind('/') + 1).starts_with("._") || name.starts_with("__MACOSX/") ||
           name.find("/__MACOSX/") != name.npos;
}

bool is_map_name(std::string_view name) {
    return name.size() > 4 && equal_but_for_case(name.substr(name.size() - 4), ".osu") && !is_of_macos(name);
}

bool is_archive_name(const std::filesystem::path& file) {
    const std::string extension = lower_extension(file);
    return extension == ".osz" || extension == ".olz";
}

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
    zip_ = std::make_unique<ZipArchive>(bytes_, name_);
    if (zip_->items().size() > entry_count_limit)
        fail("{} has {} entries, more than any set of maps", name_, zip_->items().size());
    for (size_t i = 0; i < zip_->items().size(); ++i) {
        const ZipItem& item = zip_->items()[i];
        std::string name = with_slashes(decoded_name(item.name));
        if (!is_inside(name))
            fail(Hint{"Such archives are made to do harm; do not open it with other programs either."},
                 "{} has an entry with an unsafe name, '{}'", name_, name.substr(0, 200));
        if (name.ends_with('/')) continue;
        entries_.push_back({std::move(name), item.size, item.modified});
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
    std::string content;
    bool too_much = false;
    try {
        zip_->read(zip_index_[entry], [&](std::string_view piece) {
            content += piece;
            if (counts) unpacked_ += piece.size();
            too_much = content.size() > limit || content.size() > wanted.size;  // it says less than it holds
            if (too_much) fail("unpacks to more than the {} bytes that it declares", wanted.size);
        });
    } catch (const Error& error) {
        fail("{} in {} {}{}", wanted.name, name_, too_much ? "" : "is damaged: ", error.what());
    }
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

    if (all.empty()) fail(Hint{"a set's archive has its .osu files in it"}, "{} holds no map", name_);
    std::string hint = "Its maps:";
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

void write_archive(std::span<const std::byte> bytes, std::span<const OszArchive::NewEntry> added,
                   const std::string& name, const std::function<void(std::string_view)>& write) {
    std::vector<ZipAddition> additions;
    for (const auto& [entry, content] : added) {
        if (!is_inside(with_slashes(entry))) fail("'{}' cannot be the name of a file in an archive", entry);
        additions.push_back({entry, content});
    }
    write_zip(bytes, additions, name, write);
}

}  // namespace

void OszArchive::write_with(const std::filesystem::path& target, std::span<const NewEntry> added) const {
    AtomicFile file(target);
    write_archive(bytes_, added, name_, [&](std::string_view piece) { file.write(piece); });
    file.commit();
}

std::string OszArchive::copy_with(std::span<const NewEntry> added) const {
    std::string bytes;
    write_archive(bytes_, added, name_, [&](std::string_view piece) { bytes += piece; });
    return bytes;
}

std::string make_osz(std::span<const OszArchive::NewEntry> entries) {
    std::string bytes;
    write_archive({}, entries, "the archive", [&](std::string_view piece) { bytes += piece; });
    return bytes;
}

}  // namespace osu
