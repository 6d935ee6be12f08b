#include "base/file.h"

#include <cstring>

#include <gtest/gtest.h>
#include <unistd.h>

namespace osu {
namespace {

TEST(MappedFile, ReleasedBytesComeBack) {
    const std::filesystem::path path = testing::TempDir() + "osu-mapped-" + std::to_string(::getpid());
    std::string content;
    for (int i = 0; i < 100000; ++i) content += static_cast<char>(i * 7 + i / 251);
    write_file(path, content);
    {
        const MappedFile file(path);
        const auto bytes = file.bytes();
        ASSERT_EQ(std::memcmp(bytes.data(), content.data(), content.size()), 0);
        file.release(bytes);
        file.release(bytes.subspan(5000, 20000));
        EXPECT_EQ(std::memcmp(bytes.data(), content.data(), content.size()), 0);
    }
    // What is not of the file keeps its content.
    const MappedFile file(path);
    std::string own(100000, 'x');
    file.release(std::as_bytes(std::span(own)));
    EXPECT_EQ(own, std::string(100000, 'x'));
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace osu
