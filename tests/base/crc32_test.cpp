#include "base/crc32.h"

#include <string>

#include <gtest/gtest.h>

namespace osu {
namespace {

TEST(Crc32, KnownSums) {
    EXPECT_EQ(crc32(0, "", 0), 0u);
    EXPECT_EQ(crc32(0, "123456789", 9), 0xcbf43926u);  // the check value of its definition
    EXPECT_EQ(crc32(0, "The quick brown fox jumps over the lazy dog", 43), 0x414fa339u);
}

TEST(Crc32, GoesOnFromAnywhere) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 37);
    const uint32_t whole = crc32(0, text.data(), text.size());
    for (const size_t cut : {1, 7, 16, 500, 999})
        EXPECT_EQ(crc32(crc32(0, text.data(), cut), text.data() + cut, text.size() - cut), whole) << cut;
}

}  // namespace
}  // namespace osu
