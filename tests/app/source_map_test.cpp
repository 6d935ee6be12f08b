// Which objects of a map the flags of the verb sample choose.
#include "app/source_map.h"

#include <gtest/gtest.h>

#include "app/sample_fixture.h"

namespace osu {
namespace {

using Chosen = std::vector<uint8_t>;

TEST(SelectObjects, ASectionMayBeOpenAtOneEnd) {
    const Beatmap map = parse_beatmap(test::map_text);  // objects at 1, 1.25, 1.5, 3 and 4.5 s
    const auto section = [&](const std::string& text) {
        Selection selection;
        selection.section = text;
        return select_objects(map, selection);
    };
    EXPECT_EQ(section("1250..3000"), (Chosen{0, 1, 1, 1, 0}));
    EXPECT_EQ(section("0:01:250.."), (Chosen{0, 1, 1, 1, 1}));
    EXPECT_EQ(section(".. 0:01:250"), (Chosen{1, 1, 0, 0, 0}));
    for (const char* wrong : {"..", " .. ", "0:01..x", "x..0:01", "0:03..0:01"}) {
        try {
            section(wrong);
            ADD_FAILURE() << wrong;
        } catch (const Error& error) {
            EXPECT_TRUE(std::string(error.what()).starts_with(std::string("--section ") + wrong))
                << error.what();
        }
    }
}

}  // namespace
}  // namespace osu
