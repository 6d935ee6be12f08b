// Our own unpacking against what libzip packs, and on what is damaged.
#include "beatmap/inflate.h"

#include <cstring>
#include <filesystem>

#include <gtest/gtest.h>
#include <zip.h>

#include "base/error.h"
#include "base/file.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

// Raw deflate of a text, cut out of an archive that libzip writes.
std::string packed(const std::string& text, int level) {
    const test::TemporaryFolder folder;
    const auto file = folder / "a.zip";
    zip_t* zip = zip_open(file.c_str(), ZIP_CREATE, nullptr);
    const auto index = zip_file_add(zip, "a", zip_source_buffer(zip, text.data(), text.size(), 0), 0);
    zip_set_file_compression(zip, static_cast<zip_uint64_t>(index), ZIP_CM_DEFLATE, level);
    zip_close(zip);
    const std::string bytes = read_file(file);
    uint16_t name = 0, extra = 0, method = 0;
    std::memcpy(&method, bytes.data() + 8, 2);
    std::memcpy(&name, bytes.data() + 26, 2);
    std::memcpy(&extra, bytes.data() + 28, 2);
    EXPECT_EQ(method, 8) << "libzip stored it";
    const size_t list = bytes.rfind("PK\1\2");
    return bytes.substr(30u + name + extra, list - 30 - name - extra);
}

std::string unpacked(std::string_view bytes) {
    std::string text;
    inflate(std::as_bytes(std::span(bytes.data(), bytes.size())),
            [&](std::string_view piece) { text += piece; });
    return text;
}

TEST(Inflate, UnpacksWhatWasPacked) {
    std::string lines, noise;
    for (int i = 0; i < 20000; ++i)
        lines += std::to_string(i * i % 512) + "," + std::to_string(i * 7 % 384) + ",0,1\r\n";
    for (int i = 0; i < 100000; ++i) noise += static_cast<char>('a' + (i * 2654435761u >> 13) % 23);
    for (const std::string& text :
         {std::string(1000000, 'x'), lines, noise, std::string("aaaaaaaaaaaaaaaaaaaaaaaaab")})
        for (const int level : {1, 6, 9})
            EXPECT_EQ(unpacked(packed(text, level)), text) << text.size() << " " << level;
}

TEST(Inflate, StoredParts) {
    EXPECT_EQ(unpacked(std::string("\1\3\0\xfc\xff", 5) + "abc"), "abc");
    EXPECT_THROW(unpacked(std::string("\1\3\0\xfc\xfe", 5) + "abc"), Error)
        << "length and its complement differ";
    EXPECT_THROW(unpacked(std::string("\1\3\0\xfc\xff", 5) + "ab"), Error);
}

TEST(Inflate, RefusesWhatIsCutOrDamaged) {
    std::string text;
    for (int i = 0; i < 3000; ++i) text += std::to_string(i * 31 % 997) + ";";
    const std::string whole = packed(text, 9);
    for (size_t size = 0; size < whole.size(); size += 13)
        EXPECT_THROW(unpacked(whole.substr(0, size)), Error) << size;
    EXPECT_THROW(unpacked("\7"), Error) << "a kind of part that means nothing";
    for (size_t at = 0; at < whole.size(); at += 3) {  // whatever comes out: no crash, and an end
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
        try {
            unpacked(damaged);
        } catch (const Error&) {
        }
    }
}

}  // namespace
}  // namespace osu
