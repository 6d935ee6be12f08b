#include "archive/stored_zip.h"

#include <algorithm>
#include <cstring>

#include "base/crc32.h"
#include "base/error.h"

namespace osu {

namespace {

using Bytes = std::span<const std::byte>;

constexpr uint32_t local_magic = 0x04034b50, central_magic = 0x02014b50, end_magic = 0x06054b50;
constexpr uint32_t end64_magic = 0x06064b50, locator64_magic = 0x07064b50;
constexpr size_t local_size = 30, central_size = 46, end_size = 22, end64_size = 56, locator64_size = 20;
constexpr uint16_t zip64_field = 1, padding_field = 0x4246;  // "FB", PyTorch's own
constexpr uint16_t dos_date = 0x21;                          // 1980-01-01: files of equal content are equal

template <class T>
T get(Bytes bytes, uint64_t offset) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) fail("the zip archive is cut off");
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

Bytes part(Bytes bytes, uint64_t offset, uint64_t size) {
    if (offset > bytes.size() || bytes.size() - offset < size) fail("the zip archive is cut off");
    return bytes.subspan(offset, size);
}

struct Directory {
    uint64_t count, size, offset;
};

Directory find_directory(Bytes bytes) {
    if (bytes.size() < end_size) fail("the zip archive is cut off");
    const size_t first = bytes.size() - std::min(bytes.size(), end_size + UINT16_MAX);
    for (size_t end = bytes.size() - end_size + 1; end-- > first;) {
        if (get<uint32_t>(bytes, end) != end_magic ||
            end + end_size + get<uint16_t>(bytes, end + 20) != bytes.size())
            continue;
        if (end >= locator64_size && get<uint32_t>(bytes, end - locator64_size) == locator64_magic) {
            const uint64_t end64 = get<uint64_t>(bytes, end - locator64_size + 8);
            if (get<uint32_t>(bytes, end64) != end64_magic) fail("the zip archive has a wrong end");
            return {get<uint64_t>(bytes, end64 + 32), get<uint64_t>(bytes, end64 + 40),
                    get<uint64_t>(bytes, end64 + 48)};
        }
        return {get<uint16_t>(bytes, end + 10), get<uint32_t>(bytes, end + 12),
                get<uint32_t>(bytes, end + 16)};
    }
    fail("the zip archive has no end: the file is cut off");
}

// Fields of the directory that do not fit are all ones, and their values stand here, in this order.
void read_zip64(Bytes extra, uint64_t& size, uint64_t& stored, uint64_t& offset) {
    while (extra.size() >= 4) {
        const uint16_t field = get<uint16_t>(extra, 0);
        Bytes content = part(extra, 4, get<uint16_t>(extra, 2));
        extra = extra.subspan(4 + content.size());
        if (field != zip64_field) continue;
        for (uint64_t* value : {&size, &stored, &offset}) {
            if (*value != UINT32_MAX) continue;
            *value = get<uint64_t>(content, 0);
            content = content.subspan(8);
        }
    }
}

uint32_t checksum_of(Bytes bytes) {
    return crc32(0, bytes.data(), bytes.size());
}

}  // namespace

bool is_whole(const ZipEntry& entry) {
    return checksum_of(entry.bytes) == entry.checksum;
}

bool looks_like_zip(Bytes bytes) {
    return bytes.size() >= end_size && get<uint32_t>(bytes, 0) == local_magic;
}

ZipEntries read_zip_entries(Bytes bytes) {
    const Directory directory = find_directory(bytes);
    Bytes rest = part(bytes, directory.offset, directory.size);
    ZipEntries entries;
    for (uint64_t i = 0; i < directory.count; ++i) {
        if (get<uint32_t>(rest, 0) != central_magic) fail("the zip archive has a wrong directory");
        const uint16_t name_size = get<uint16_t>(rest, 28), extra_size = get<uint16_t>(rest, 30);
        const Bytes name = part(rest, central_size, name_size);
        uint64_t stored = get<uint32_t>(rest, 20), size = get<uint32_t>(rest, 24),
                 offset = get<uint32_t>(rest, 42);
        read_zip64(part(rest, central_size + name_size, extra_size), size, stored, offset);
        const Bytes local = part(bytes, offset, local_size);
        if (get<uint32_t>(local, 0) != local_magic) fail("the zip archive has a wrong entry");
        ZipEntry entry;
        entry.compressed = get<uint16_t>(rest, 10) != 0;
        entry.checksum = get<uint32_t>(rest, 16);
        offset += local_size + get<uint16_t>(local, 26) + get<uint16_t>(local, 28);
        entry.bytes = part(bytes, offset, stored);
        entries.emplace(std::string(reinterpret_cast<const char*>(name.data()), name.size()), entry);
        rest = rest.subspan(
            part(rest, 0, uint64_t{central_size} + name_size + extra_size + get<uint16_t>(rest, 32)).size());
    }
    return entries;
}

namespace {

template <class T>
void append(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

uint32_t fitting(uint64_t value) {
    return static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX));
}

// From "version needed" to the sizes of name and extra field: what local header and directory share.
std::string shared_header(uint32_t checksum, uint64_t size, size_t name_size, size_t extra_size) {
    std::string out;
    append<uint16_t>(out, size >= UINT32_MAX ? 45 : 20);
    append<uint16_t>(out, 0x0800);  // the name is UTF-8
    append<uint16_t>(out, 0);       // stored
    append<uint16_t>(out, 0);
    append(out, dos_date);
    append(out, checksum);
    append(out, fitting(size));
    append(out, fitting(size));
    append(out, static_cast<uint16_t>(name_size));
    append(out, static_cast<uint16_t>(extra_size));
    return out;
}

std::string zip64_extra(std::initializer_list<uint64_t> values) {
    std::string content;
    for (uint64_t value : values)
        if (value >= UINT32_MAX) append(content, value);
    if (content.empty()) return content;
    std::string out;
    append(out, zip64_field);
    append(out, static_cast<uint16_t>(content.size()));
    return out + content;
}

}  // namespace

void StoredZipWriter::put(const std::string& bytes) {
    file_.write(bytes);
    position_ += bytes.size();
}

void StoredZipWriter::add(const std::string& name, Bytes bytes) {
    entries_.push_back({name, checksum_of(bytes), bytes.size(), position_});
    std::string extra = zip64_extra({bytes.size(), bytes.size()});
    const uint64_t unpadded = position_ + local_size + name.size() + extra.size() + 4;
    const auto padding = static_cast<uint16_t>((64 - unpadded % 64) % 64);
    append(extra, padding_field);
    append(extra, padding);
    extra.append(padding, 'Z');
    std::string header;
    append(header, local_magic);
    put(header + shared_header(entries_.back().checksum, bytes.size(), name.size(), extra.size()) + name +
        extra);
    file_.write(bytes.data(), bytes.size());
    position_ += bytes.size();
}

void StoredZipWriter::commit() {
    const uint64_t begin = position_;
    for (const Written& entry : entries_) {
        const std::string extra = zip64_extra({entry.size, entry.size, entry.offset});
        std::string header;
        append(header, central_magic);
        append<uint16_t>(header, 45);
        header += shared_header(entry.checksum, entry.size, entry.name.size(), extra.size());
        header.append(10, '\0');  // no comment, first disk, no attributes
        append(header, fitting(entry.offset));
        put(header + entry.name + extra);
    }
    const uint64_t size = position_ - begin, count = entries_.size(), end64 = position_;
    std::string end;
    if (count >= UINT16_MAX || position_ >= UINT32_MAX) {
        append(end, end64_magic);
        append<uint64_t>(end, end64_size - 12);
        append<uint32_t>(end, 45 | 45 << 16);
        append<uint64_t>(end, 0);
        for (uint64_t value : {count, count, size, begin}) append(end, value);
        append(end, locator64_magic);
        append<uint32_t>(end, 0);
        append(end, end64);
        append<uint32_t>(end, 1);
    }
    append(end, end_magic);
    append<uint32_t>(end, 0);
    for (int i = 0; i < 2; ++i) append(end, static_cast<uint16_t>(std::min<uint64_t>(count, UINT16_MAX)));
    append(end, fitting(size));
    append(end, fitting(begin));
    append<uint16_t>(end, 0);
    put(end);
    file_.commit();
}

}  // namespace osu
