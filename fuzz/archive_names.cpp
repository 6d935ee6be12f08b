// Any bytes as the names of two entries: the archive is refused, or lists names that stay in their folder and
// are UTF-8, finds each entry by its name, and keeps the names byte for byte in a copy.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/error.h"
#include "beatmap/osz.h"
#include "beatmap/osz_directory.h"

namespace {

using namespace osu;

void require(bool holds) {
    if (!holds) __builtin_trap();
}

void put(std::string& to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i, value >>= 8) to += static_cast<char>(value);
}

// Of two stored entries without content (PKWARE's APPNOTE, 4.3.7 to 4.3.16), with or without the UTF-8 flag.
std::string archive_of(std::string_view first, std::string_view second, bool flag) {
    std::string entries, list;
    for (const std::string_view name : {first, second}) {
        const auto header = [&](std::string& to, std::string_view magic, bool in_list) {
            to += magic;
            if (in_list) put(to, 20, 2);
            put(to, 20, 2), put(to, flag ? 1 << 11 : 0, 2), put(to, 0, 2), put(to, 0, 4), put(to, 0, 12);
            put(to, name.size(), 2), put(to, 0, 2);
        };
        header(list, "PK\1\2", true);
        put(list, 0, 2 + 2 + 2 + 4), put(list, entries.size(), 4);
        list += name;
        header(entries, "PK\3\4", false);
        entries += name;
    }
    std::string archive = entries + list + "PK\5\6";
    put(archive, 0, 4), put(archive, 2, 2), put(archive, 2, 2);
    put(archive, list.size(), 4), put(archive, entries.size(), 4), put(archive, 0, 2);
    return archive;
}

bool lists(const std::string& archive, std::string_view name) {
    const ZipDirectory directory = read_zip_directory(std::as_bytes(std::span(archive)), 100);
    return std::any_of(directory.records.begin(), directory.records.end(),
                       [&](const ZipRecord& record) { return record.name == name; });
}

bool leads_out(std::string_view name) {
    return name.starts_with('/') || name.starts_with("../") || name.find("/../") != name.npos ||
           name.ends_with("/..") || name == "..";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 3 || size > 2000) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
    const size_t split = std::min<size_t>(data[1], text.size());
    const std::string_view first = text.substr(0, split), second = text.substr(split);
    const std::string bytes = archive_of(first, second, data[0] & 1);
    try {
        const OszArchive archive(std::as_bytes(std::span(bytes)), "archive");
        for (const OszEntry& entry : archive.entries()) {
            require(!leads_out(entry.name));
            require(archive.read(entry.name).empty());
        }
        const OszArchive::NewEntry added{"new.osu", "osu file format v14\n"};
        const std::string copy = archive.copy_with({&added, 1});
        require(lists(copy, "new.osu"));
        for (const std::string_view name : {first, second})
            if (name != "new.osu" && !name.ends_with('/')) require(lists(copy, name));
    } catch (const Error&) {
    }
    return 0;
}
