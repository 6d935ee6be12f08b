#include "base/file.h"

#include <cstring>

#include <gtest/gtest.h>
#include <unistd.h>

namespace osu {
namespace {

TEST(PartReader, CopiesPartsOfTheFile) {
    const std::filesystem::path path = testing::TempDir() + "osu-parts-" + std::to_string(::getpid());
    std::string content;
    for (int i = 0; i < 5000000; ++i) content += static_cast<char>(i * 7 + i / 251);
    write_file(path, content);
    const auto file = std::make_shared<const MappedFile>(path);
    PartReader reader(file);
    const auto bytes = file->bytes();
    for (const auto& [first, count] :
         {std::pair<size_t, size_t>{0, 10}, {4095, 3000001}, {4999999, 1}, {0, 5000000}, {17, 0}}) {
        const auto part = bytes.subspan(first, count);
        const std::byte* copy = reader.read(part);
        EXPECT_NE(copy, part.data());
        EXPECT_EQ(std::memcmp(copy, content.data() + first, count), 0) << first;
    }
    const std::string other(100, 'x');
    const auto elsewhere = std::as_bytes(std::span(other));
    EXPECT_EQ(reader.read(elsewhere), elsewhere.data());
    std::filesystem::resize_file(path, 1000);
    EXPECT_THROW(reader.read(bytes), std::runtime_error);
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace osu
