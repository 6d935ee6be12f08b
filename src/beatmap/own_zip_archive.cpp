// zip_archive.h by ourselves: entries that are stored or deflated are unpacked, new ones are stored.
#include <algorithm>
#include <cstring>
#include <ctime>

#include "base/crc32.h"
#include "base/error.h"
#include "beatmap/inflate.h"
#include "beatmap/osz_directory.h"
#include "beatmap/zip_archive.h"

namespace osu {

namespace {

using Bytes = std::span<const std::byte>;
using Write = std::function<void(std::string_view)>;

// As in PKWARE's APPNOTE, 4.3.7 to 4.3.16 and 4.4.4.
constexpr std::string_view local_magic = "PK\3\4", central_magic = "PK\1\2", end_magic = "PK\5\6";
constexpr size_t local_size = 30, most_records = 65535;
constexpr uint16_t encrypted = 1 << 0, utf8 = 1 << 11, stored = 0, deflated = 8;
constexpr uint16_t version = 20, first_day = 1 << 5 | 1;

std::string_view text_of(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

uint16_t get16(Bytes bytes, size_t offset) {
    uint16_t value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

void put(std::string& to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i, value >>= 8) to += static_cast<char>(value);
}

int64_t seconds_of(const ZipRecord& record) {
    if (record.date == 0) return 0;
    std::tm time{};
    time.tm_year = (record.date >> 9) + 80;
    time.tm_mon = (record.date >> 5 & 15) - 1;
    time.tm_mday = record.date & 31;
    time.tm_hour = record.time >> 11;
    time.tm_min = record.time >> 5 & 63;
    time.tm_sec = (record.time & 31) * 2;
    time.tm_isdst = -1;
    return static_cast<int64_t>(std::mktime(&time));
}

// What an entry holds in the archive; Error where its beginning is none.
Bytes packed_bytes(Bytes archive, const ZipRecord& record) {
    if (record.offset > archive.size() || archive.size() - record.offset < local_size ||
        !text_of(archive.subspan(record.offset)).starts_with(local_magic))
        fail("its beginning is not where the list says");
    const Bytes from = archive.subspan(record.offset);
    const size_t header = local_size + get16(from, 26) + get16(from, 28);
    if (header > from.size() || from.size() - header < record.stored) fail("it is cut short");
    return from.subspan(header, record.stored);
}

// What is the same in an entry's beginning and in the list, from the version on.
std::string description(const ZipAddition& item) {
    std::string text;
    put(text, version, 2);
    put(text, utf8, 2);
    put(text, stored, 2);
    put(text, 0, 2);
    put(text, first_day, 2);
    put(text, crc32(0, item.content.data(), item.content.size()), 4);
    put(text, item.content.size(), 4);
    put(text, item.content.size(), 4);
    put(text, item.name.size(), 2);
    put(text, 0, 2);  // of what may be added to it
    return text;
}

// An archive as it is written: entries one by one, then their list.
class Writer {
  public:
    explicit Writer(const Write& write) : write_(write) {}

    void keep(const ZipRecord& record, std::string_view whole) {
        std::string listed(text_of(record.bytes));
        for (size_t i = 0; i < 4; ++i) listed[42 + i] = static_cast<char>(position_ >> 8 * i);
        list_ += listed;
        put_entry(whole);
    }
    void add(const ZipAddition& item) {
        const std::string same = description(item);
        list_ += central_magic;
        put(list_, version, 2);
        list_ += same;
        put(list_, 0, 10);  // no comment, the first disk, no attributes
        put(list_, position_, 4);
        list_ += item.name;
        put_entry(std::string(local_magic) + same + std::string(item.name));
        write_(item.content);
        position_ += item.content.size();
    }
    void finish() {
        if (position_ + list_.size() > UINT32_MAX || count_ > most_records) fail("it would be too large");
        std::string end(end_magic);
        put(end, 0, 4);  // disks
        put(end, count_, 2);
        put(end, count_, 2);
        put(end, list_.size(), 4);
        put(end, position_, 4);
        put(end, 0, 2);
        write_(list_);
        write_(end);
    }

  private:
    const Write& write_;
    std::string list_;
    uint64_t position_ = 0, count_ = 0;
    void put_entry(std::string_view bytes) {
        write_(bytes);
        position_ += bytes.size();
        ++count_;
    }
};

}  // namespace

struct ZipArchive::Handle {
    Bytes bytes;
    ZipDirectory directory;
};

ZipArchive::ZipArchive(Bytes bytes, const std::string& name)
    : handle_(new Handle{bytes, read_zip_directory(bytes, most_records)}) {
    if (!handle_->directory.complete) fail("{} is no readable archive: its list is missing or damaged", name);
    for (const ZipRecord& record : handle_->directory.records)
        items_.push_back({std::string(record.name), record.size, seconds_of(record)});
}

ZipArchive::~ZipArchive() = default;

void ZipArchive::read(size_t item, const Write& take) const {
    const ZipRecord& record = handle_->directory.records.at(item);
    if (record.flags & encrypted) fail("it is encrypted");
    const Bytes packed = packed_bytes(handle_->bytes, record);
    uint32_t checksum = 0;
    const Write checked = [&](std::string_view piece) {
        checksum = crc32(checksum, piece.data(), piece.size());
        take(piece);
    };
    if (record.method == stored)
        checked(text_of(packed));
    else if (record.method == deflated)
        inflate(packed, checked);
    else
        fail("it is compressed in a way that is not known, {}", record.method);
    if (checksum != record.checksum) fail("its checksum is not that of its content");
}

// An entry reaches to the next one, or to the list: whatever stands behind its content is kept with it.
void write_zip(Bytes archive, std::span<const ZipAddition> added, const std::string& name,
               const Write& write) {
    const ZipDirectory directory =
        archive.empty() ? ZipDirectory{{}, 0, true} : read_zip_directory(archive, most_records);
    if (!directory.complete) fail("cannot copy {}: its list is missing or damaged", name);
    std::vector<uint64_t> begins{directory.begin};
    for (const ZipRecord& record : directory.records) {
        if (record.offset >= UINT32_MAX) fail("cannot copy {}: it is too large", name);
        if (record.offset >= directory.begin)
            fail("cannot copy {}: an entry would begin in or behind its list", name);
        begins.push_back(record.offset);
    }
    std::sort(begins.begin(), begins.end());
    Writer writer(write);
    std::vector<bool> used(added.size());
    for (const ZipRecord& record : directory.records) {
        const auto same = std::find_if(added.begin(), added.end(),
                                       [&](const ZipAddition& item) { return item.name == record.name; });
        if (same != added.end()) {
            used[static_cast<size_t>(same - added.begin())] = true;
            writer.add(*same);
            continue;
        }
        const uint64_t end = *std::upper_bound(begins.begin(), begins.end(), record.offset);
        writer.keep(record, text_of(archive.subspan(record.offset, end - record.offset)));
    }
    for (size_t i = 0; i < added.size(); ++i)
        if (!used[i]) writer.add(added[i]);
    writer.finish();
}

}  // namespace osu
