// Points in a plane.
#include "picture/scatter.h"

#include <cmath>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

namespace fs = std::filesystem;

class ScatterTest : public ::testing::Test {
  protected:
    std::string svg(const std::vector<ScatterGroup>& groups) {
        draw_scatter(groups, "title", "across", "up", folder_ / "a.svg");
        return read_file(folder_ / "a.svg");
    }
    static size_t count(const std::string& text, const std::string& part) {
        size_t count = 0;
        for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
        return count;
    }
    const test::TemporaryFolder folder_;
};

TEST_F(ScatterTest, DrawsEveryPointInItsGroupsColour) {
    const std::string blue = "rgb(36%", orange = "rgb(100%, 66%";  // of the first two colours
    const std::string one = svg({{"others", {{0, 0}}}, {"a", {{1, 1}, {2, 2}}}, {"b", {{-3, 4}}}});
    const std::string more =
        svg({{"others", {{0, 0}}}, {"a", {{1, 1}, {2, 2}, {3, 1}, {0, 1}}}, {"b", {{-3, 4}}}});
    EXPECT_EQ(count(one, "<path"), count(more, "<path") - 2);
    EXPECT_EQ(count(more, blue), count(one, blue) + 2) << one.substr(0, 3000);
    EXPECT_EQ(count(more, orange), count(one, orange));
}

TEST_F(ScatterTest, TakesOddPoints) {
    EXPECT_FALSE(svg({}).empty());
    EXPECT_FALSE(svg({{"all", {}}}).empty());
    EXPECT_FALSE(svg({{"all", {{5, 5}}}, {"a", {{5, 5}}}}).empty());
    const size_t without = count(svg({{"all", {{1, 2}}}}), "<path");
    EXPECT_EQ(count(svg({{"all", {{1, 2}, {NAN, 1}, {INFINITY, 0}}}}), "<path"), without);
    draw_scatter({}, "t", "x", "y", folder_ / "a.png");
    EXPECT_GT(fs::file_size(folder_ / "a.png"), 1000u);
    EXPECT_THROW(draw_scatter({}, "t", "x", "y", folder_ / "a.gif"), Error);
}

}  // namespace
}  // namespace osu
