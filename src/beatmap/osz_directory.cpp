#include "beatmap/osz_directory.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "base/error.h"

namespace osu {

namespace {

using Bytes = std::span<const std::byte>;

// As in PKWARE's APPNOTE, 4.3.7 to 4.3.16: signatures, sizes without names, and where fields lie.
constexpr uint32_t central_magic = 0x02014b50, end_magic = 0x06054b50, end64_magic = 0x06064b50,
                   locator64_magic = 0x07064b50;
constexpr size_t local_size = 30, central_size = 46, end_size = 22, end64_size = 56, locator64_size = 20;
constexpr uint16_t zip64_field = 1;

template <class T>
T get(Bytes bytes, uint64_t offset) {  // zero where there is nothing
    T value{};
    if (offset <= bytes.size() && bytes.size() - offset >= sizeof value)
        std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

struct Directory {
    uint64_t count = 0, size = 0, offset = 0;
    uint64_t end = 0;  // where its end is marked; 0: nowhere
};

Directory find_directory(Bytes bytes) {
    if (bytes.size() < end_size) return {};
    const size_t first = bytes.size() - std::min(bytes.size(), end_size + UINT16_MAX);
    for (size_t end = bytes.size() - end_size + 1; end-- > first;) {
        if (get<uint32_t>(bytes, end) != end_magic) continue;
        if (end >= locator64_size && get<uint32_t>(bytes, end - locator64_size) == locator64_magic) {
            const uint64_t end64 = get<uint64_t>(bytes, end - locator64_size + 8);
            if (end64 <= bytes.size() && bytes.size() - end64 >= end64_size &&
                get<uint32_t>(bytes, end64) == end64_magic)
                return {get<uint64_t>(bytes, end64 + 32), get<uint64_t>(bytes, end64 + 40),
                        get<uint64_t>(bytes, end64 + 48), end};
        }
        return {get<uint16_t>(bytes, end + 10), get<uint32_t>(bytes, end + 12),
                get<uint32_t>(bytes, end + 16), end};
    }
    return {};
}

// Fields of the directory that do not fit are all ones, and their values stand in the extra part.
void read_zip64(Bytes extra, uint64_t& size, uint64_t& stored, uint64_t& offset) {
    while (extra.size() >= 4) {
        const size_t length = std::min<size_t>(get<uint16_t>(extra, 2), extra.size() - 4);
        Bytes content = extra.subspan(4, length);
        if (get<uint16_t>(extra, 0) == zip64_field)
            for (uint64_t* value : {&size, &stored, &offset}) {
                if (*value != UINT32_MAX || content.size() < 8) continue;
                *value = get<uint64_t>(content, 0);
                content = content.subspan(8);
            }
        extra = extra.subspan(4 + length);
    }
}

}  // namespace

ZipDirectory read_zip_directory(Bytes archive, size_t most) {
    const Directory found = find_directory(archive);
    ZipDirectory directory{{}, found.offset, false};
    if (found.offset > archive.size() || found.end == 0) return directory;
    Bytes rest = archive.subspan(found.offset);
    while (rest.size() >= central_size && get<uint32_t>(rest, 0) == central_magic) {
        if (directory.records.size() > most) return directory;
        const size_t name_size = get<uint16_t>(rest, 28), extra_size = get<uint16_t>(rest, 30);
        const size_t whole = central_size + name_size + extra_size + get<uint16_t>(rest, 32);
        if (whole > rest.size()) return directory;
        ZipRecord record{.bytes = rest.first(whole),
                         .name = {reinterpret_cast<const char*>(rest.data()) + central_size, name_size},
                         .flags = get<uint16_t>(rest, 8),
                         .method = get<uint16_t>(rest, 10),
                         .time = get<uint16_t>(rest, 12),
                         .date = get<uint16_t>(rest, 14),
                         .checksum = get<uint32_t>(rest, 16),
                         .stored = get<uint32_t>(rest, 20),
                         .size = get<uint32_t>(rest, 24),
                         .offset = get<uint32_t>(rest, 42)};
        read_zip64(rest.subspan(central_size + name_size, extra_size), record.size, record.stored,
                   record.offset);
        directory.records.push_back(record);
        rest = rest.subspan(whole);
    }
    directory.complete = directory.records.size() == found.count;
    return directory;
}

void check_osz_directory(Bytes archive, size_t most, const std::string& name) {
    const uint64_t count = find_directory(archive).count;
    if (count > most) fail("{} has {} entries, more than any set of maps", name, count);
    const ZipDirectory directory = read_zip_directory(archive, most);
    if (directory.records.size() > most)
        fail("{} has over {} entries, more than any set of maps", name, most);
    std::vector<std::pair<uint64_t, uint64_t>> parts;  // where each entry begins, and the least that it takes
    for (const ZipRecord& record : directory.records) {
        parts.emplace_back(record.offset, local_size + record.name.size() + record.stored);
        if (record.name.find('\0') != record.name.npos)  // other readers see what stands before it alone
            fail(Hint{"Such archives are made to do harm; do not open it with other programs either."},
                 "{} has an entry with an unsafe name, '{}'", name,
                 record.name.substr(0, record.name.find('\0')));
    }
    std::sort(parts.begin(), parts.end());
    for (size_t i = 1; i < parts.size(); ++i)
        if (parts[i].first - parts[i - 1].first < parts[i - 1].second)
            fail(Hint{"Such archives are made to do harm; do not open it with other programs either."},
                 "{} has entries that lie over one another", name);
}

}  // namespace osu
