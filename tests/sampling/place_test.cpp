// place(): a network opened once, any number of maps and seeds, stopped by its callback.
#include <gtest/gtest.h>

#include "base/random.h"
#include "model/parameters.h"
#include "ops/devices.h"
#include "sampling/sampling.h"
#include "support/goldens.h"

namespace osu {
namespace {

class Place : public ::testing::Test {
  protected:
    Place() : values_(layout_.size()), network_(checkpoint(), "test", {}, *backend_.backend) {
        options_.steps = "4";
    }
    Checkpoint checkpoint() {
        Philox(1).fill_normal(values_);
        for (float& value : values_) value *= 0.03f;
        Checkpoint made;
        made.model = parameter_views(layout_, values_);
        CheckpointInfo info;
        info.config = config_;
        set_metadata(made, info);
        return made;
    }
    const DitConfig config_{1, 32, 2, 4};
    const ParameterLayout layout_{config_};
    std::vector<float> values_;
    OpenDevice backend_ = open_device({"cpu", "f32"});
    SamplingNetwork network_;
    SamplingOptions options_;
    const MapDatapoints map_{read_beatmap(test::source_dir() / "examples/waltz.osu")};
};

TEST_F(Place, OneNetworkServesAnyNumberOfRuns) {
    const Placement first = place(network_, map_.view(), {}, options_);
    options_.seed = 5;
    EXPECT_NE(place(network_, map_.view(), {}, options_).x, first.x);
    options_.seed = 0;
    EXPECT_EQ(place(network_, map_.view(), {}, options_).x, first.x);
    EXPECT_FALSE(first.cancelled);
    EXPECT_EQ(first.pixels(0).size(), map_.view().size());
}

TEST_F(Place, TheCallbackSeesEveryStepAndStopsTheRun) {
    size_t steps = 0;
    const auto stop_at = [&](size_t last) {
        return place(network_, map_.view(), {}, options_, {}, [&, last](const SamplingStep& step) {
            ++steps;
            EXPECT_EQ(step.done, steps);
            EXPECT_EQ(step.steps, 4u);
            EXPECT_EQ(step.x0.size(), 2 * map_.view().size());
            return step.done < last;
        });
    };
    EXPECT_TRUE(stop_at(2).cancelled);
    EXPECT_EQ(steps, 2u);
    steps = 0;
    EXPECT_FALSE(stop_at(9).cancelled);
    EXPECT_EQ(steps, 4u);
}

TEST_F(Place, FewStepsKeepTheSpacing) {
    const Datapoints map = map_.view();
    const std::vector<float> asked = asked_distances(map);
    const std::vector<uint32_t> from = came_from(map.type);
    for (const char* steps : {"3", "4", "8"}) {
        options_.steps = steps;
        const std::vector<Vec2> placed = place(network_, map, {}, options_).pixels(0);
        double off = 0, objects = 0;
        for (size_t i = 1; i < map.size(); ++i) {
            if (map.type[i] > static_cast<uint8_t>(PointType::slider_head_new_combo)) continue;
            off += std::abs(length(placed[i] - placed[from[i]]) - asked[i]);
            ++objects;
        }
        EXPECT_LT(off / objects, 0.5) << steps;
    }
}

TEST_F(Place, WhatIsFixedStays) {
    std::vector<uint8_t> fixed(map_.view().size());
    for (size_t i = 0; i < 20; ++i) fixed[i] = 1;
    const std::vector<Vec2> placed = place(network_, map_.view(), {}, options_, fixed).pixels(0);
    bool moved = false;
    for (size_t i = 0; i < placed.size(); ++i) {
        const Vec2 off = placed[i] - map_.view().position[i];
        if (fixed[i]) EXPECT_LT(length(off), 0.01f) << i;
        moved |= length(off) > 5;
    }
    EXPECT_TRUE(moved);
}

}  // namespace
}  // namespace osu
