// Maps in folders, measured beside their sources.
#include "evaluation/placed_maps.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/small_maps.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

class PlacedMaps : public ::testing::Test {
  protected:
    void write(const std::string& folder, const std::string& name, const std::string& objects) {
        test::SmallMap map{.version = name};
        map.circles = 0;
        map.objects = objects;
        test::write_text(folder_ / folder / "set" / (name + ".osu"), test::text_of(map));
    }
    Evaluation evaluate() { return evaluate_placed(folder_ / "placed", folder_ / "sources"); }

    double figure(const Evaluation& evaluation, const std::string& contestant, const std::string& key) {
        for (const Contestant& one : evaluation.contestants)
            for (size_t k = 0; k < evaluation.kinds.size(); ++k)
                if (one.key == contestant && evaluation.kinds[k].key == key) return one.figures[k].value;
        ADD_FAILURE() << contestant << " " << key;
        return NAN;
    }

    test::TemporaryFolder folder_;
};

TEST_F(PlacedMaps, AreMeasuredBesideTheirSources) {
    write("sources", "Normal", "100,100,1000,1,0\r\n300,100,1500,1,0\r\n300,300,2000,1,0\r\n");
    write("placed", "Normal", "100,100,1000,1,0\r\n300,100,1500,1,0\r\n300,310,2000,5,0\r\n");
    write("sources", "Easy", "100,100,1000,1,0\r\n300,100,2000,1,0\r\n");
    write("placed", "Easy", "100,100,1000,1,0\r\n300,100,2000,1,0\r\n");
    const Evaluation evaluation = evaluate();
    ASSERT_EQ(evaluation.maps.size(), 2u);
    EXPECT_EQ(evaluation.maps[0].tier, Tier::easy);
    EXPECT_NEAR(evaluation.maps[0].preempt, 555, 1);  // AR 9.3, as the file says
    EXPECT_NEAR(evaluation.maps[0].real.circle_radius, 54.4 - 4.48 * 4.2, 1e-3);
    EXPECT_NEAR(figure(evaluation, "model", "spacing_mean_px"), 2, 1e-4);  // 10 px of five objects
    EXPECT_EQ(figure(evaluation, "real", "spacing_mean_px"), 0);
    EXPECT_EQ(evaluation.contestants[0].tier_maps[static_cast<size_t>(Tier::normal)], 1u);
}

TEST_F(PlacedMaps, AMapWithoutASourceOrWithOtherObjectsIsAnError) {
    write("placed", "Normal", "100,100,1000,1,0\r\n");
    EXPECT_THROW(evaluate(), Error);
    write("sources", "Normal", "100,100,1000,1,0\r\n");
    EXPECT_EQ(evaluate().maps.size(), 1u);
    write("sources", "Normal", "100,100,1000,1,0\r\n200,100,1500,1,0\r\n");
    EXPECT_THROW(evaluate(), Error);
    const std::string slider = "100,100,1000,2,0,L|200:100,";
    write("placed", "Normal", slider + "1,100\r\n");
    write("sources", "Normal", slider + "2,100\r\n");
    EXPECT_THROW(evaluate(), Error);
    write("sources", "Normal", slider + "1,100\r\n");
    EXPECT_EQ(evaluate().maps.size(), 1u);
}

}  // namespace
}  // namespace osu
