// place(): a network opened once, any number of maps and seeds, stopped by its callback.
#include <gtest/gtest.h>

#include "base/error.h"
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
    const std::vector<Vec2> placed = place(network_, map_.view(), {}, options_, {fixed, {}}).pixels(0);
    bool moved = false;
    for (size_t i = 0; i < placed.size(); ++i) {
        const Vec2 off = placed[i] - map_.view().position[i];
        if (fixed[i]) {
            EXPECT_LT(length(off), 0.01f) << i;
        }
        moved |= length(off) > 5;
    }
    EXPECT_TRUE(moved);
}

// What a studio has moved already stays where it was moved to, not where the source had it.
TEST_F(Place, WhatIsFixedStaysWhereTheMapStandsNow) {
    const Datapoints map = map_.view();
    std::vector<uint8_t> fixed(map.size(), 1);
    for (size_t i = 20; i < 30; ++i) fixed[i] = 0;
    std::vector<Vec2> now(map.position.begin(), map.position.end());
    for (Vec2& at : now) at = {512 - at.x, at.y};
    const Placement placed = place(network_, map, {}, options_, {fixed, now}, [&](const SamplingStep& step) {
        EXPECT_EQ(step.x0.size(), 2 * map.size());
        EXPECT_NEAR(step.x0[map.size() - 1] * 512, now.back().x, 0.01f);
        return true;
    });
    for (size_t i = 0; i < map.size(); ++i) {
        if (fixed[i]) {
            EXPECT_LT(length(placed.pixels(0)[i] - now[i]), 0.01f) << i;
        }
    }
}

TEST_F(Place, StrengthSaysHowFarItGoesFromWhereItStarts) {
    const Datapoints map = map_.view();
    std::vector<Vec2> now(map.position.begin(), map.position.end());
    for (Vec2& at : now) at = {512 - at.x, at.y};
    options_.steps = "15";
    options_.keep_spacing = false;
    float last = 0;
    size_t last_steps = 0;
    for (const double strength : {0.0, 0.2, 0.5, 1.0}) {
        options_.strength = strength;
        size_t steps = 0;
        const auto count = [&](const SamplingStep& step) { return ++steps <= step.steps; };
        const std::vector<Vec2> placed = place(network_, map, {}, options_, {{}, now}, count).pixels(0);
        float mean = 0;
        for (size_t i = 0; i < placed.size(); ++i)
            mean += length(placed[i] - now[i]) / static_cast<float>(placed.size());
        EXPECT_GT(mean, 2 * last) << strength;
        EXPECT_GT(steps, last_steps) << strength;
        if (strength == 0.2) {
            EXPECT_LT(mean, 60);
        }
        last = mean;
        last_steps = steps;
    }
    EXPECT_EQ(last_steps, 15u);
    options_.strength = 1.1;
    EXPECT_THROW(sampling_steps(options_, network_.info()), Error);
}

// A section looks at no more than it needs: what is placed beyond its context does not reach it, or hardly,
// where parts of the map follow one another. Here one layer sees 6 datapoints, and the context is 3; with 1
// it is 0.7 px.
TEST_F(Place, SectionsAreTheSameWhateverElseIsPlaced) {
    const Datapoints map = map_.view();
    ASSERT_GT(map.size(), 90u);
    options_.seq_len = 6;
    options_.keep_spacing = false;
    const auto at_40 = [&](const std::vector<size_t>& beside) {
        std::vector<uint8_t> fixed(map.size(), 1);
        for (size_t i = 40; i < 44; ++i) fixed[i] = 0;
        for (const size_t i : beside) fixed[i] = 0;
        const std::vector<Vec2> placed = place(network_, map, {}, options_, {fixed, {}}).pixels(0);
        for (const size_t i : beside) EXPECT_GT(length(placed[i] - map.position[i]), 1.0f) << i;
        return std::vector<Vec2>(placed.begin() + 40, placed.begin() + 44);
    };
    std::vector<size_t> everywhere;
    for (size_t i = 0; i < map.size(); i += 4)
        if (i < 25 || i > 60) everywhere.push_back(i);
    const std::vector<Vec2> alone = at_40({}), scattered = at_40({10, 80}), all = at_40(everywhere);
    for (size_t i = 0; i < alone.size(); ++i) {
        EXPECT_LT(length(alone[i] - scattered[i]), 0.3f) << i;
        EXPECT_LT(length(alone[i] - all[i]), 0.3f) << i;
    }
}

TEST_F(Place, NothingMovesWhereAllIsFixed) {
    const std::vector<uint8_t> fixed(map_.view().size(), 1);
    const std::vector<Vec2> placed = place(network_, map_.view(), {}, options_, {fixed, {}}).pixels(0);
    for (size_t i = 0; i < placed.size(); ++i) EXPECT_LT(length(placed[i] - map_.view().position[i]), 0.01f);
}

}  // namespace
}  // namespace osu
