// Any bytes as an archive for the reader that builds without libzip have: listed and unpacked, or refused; a
// copy with an entry more can be read again and has the others as they were.
//
// This build has libzip, so the other one stands here under another name.
#define ZipArchive OwnZipArchive
#define write_zip write_own_zip
#include <optional>

#include "beatmap/own_zip_archive.cpp"

namespace {

using osu::Error;

std::optional<std::string> content_of(const osu::OwnZipArchive& archive, size_t item) {
    constexpr size_t most = size_t{1} << 20;
    std::string content;
    try {
        archive.read(item, [&](std::string_view piece) {
            content += piece;
            if (content.size() > most) osu::fail("enough");
        });
        return content;
    } catch (const Error&) {
        return std::nullopt;
    }
}

void copy_and_compare(std::span<const std::byte> bytes, const osu::OwnZipArchive& archive) {
    const osu::ZipAddition added{"a new entry.osu", "content"};
    std::string copy;
    osu::write_own_zip(bytes, {&added, 1}, "archive", [&](std::string_view piece) {
        copy += piece;
        if (copy.size() > (size_t{1} << 24)) osu::fail("entries that lie over one another");
    });
    const osu::OwnZipArchive made(std::as_bytes(std::span(copy)), "copy");
    bool found = false;
    for (size_t i = 0; i < made.items().size(); ++i)
        if (made.items()[i].name == added.name) found |= content_of(made, i) == std::string(added.content);
    if (!found) __builtin_trap();
    if (archive.items().size() > made.items().size()) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    try {
        const osu::OwnZipArchive archive(bytes, "archive");
        for (size_t i = 0; i < std::min<size_t>(archive.items().size(), 16); ++i) content_of(archive, i);
        copy_and_compare(bytes, archive);
    } catch (const Error&) {
    }
    return 0;
}
