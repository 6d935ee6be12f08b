// The verb sample from flags to positions, with a small network of random weights.
#include <algorithm>
#include <sstream>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "app/sample_fixture.h"
#include "base/file.h"
#include "evaluation/best_of.h"
#include "sampling/guidance.h"
#include "sequence/datapoints.h"

namespace osu {
namespace {

namespace fs = std::filesystem;
using test::differences;
using test::map_text;
using Sample = test::SampleTest;

TEST_F(Sample, RegeneratesAPartAndLeavesTheRest) {
    const Beatmap source = read_beatmap(map_);
    ASSERT_GE(source.objects.size(), 3u);
    const double from = source.objects[1].start_time, to = source.objects.back().start_time - 1;
    for (const std::vector<std::string>& flags :
         {std::vector<std::string>{"--from-ms", fmt::format("{:.0f}", from), "--to-ms",
                                   fmt::format("{:.0f}", to)},
          std::vector<std::string>{"--objects", "2-" + std::to_string(source.objects.size() - 1)},
          std::vector<std::string>{"--objects", "2", "--keep-spacing", "false"}}) {
        const std::string out = "part" + flags[1];
        ASSERT_EQ(sample(flags, out).error, "");
        const auto changed = differences(map_, files(out).at(0));
        size_t objects = 0;
        for (const auto& [line, with] : changed) {
            if (line.find(':') != std::string::npos && line.find(',') == std::string::npos)
                continue;  // metadata
            const double time = std::stod(line.substr(line.find(',', line.find(',') + 1) + 1));
            EXPECT_TRUE(time >= from && time <= to) << line;
            ++objects;
        }
        EXPECT_GT(objects, 0u);
    }
}

TEST_F(Sample, CountsOnlyWhatItPlacesAsOutside) {
    std::string text = map_text;
    text.replace(text.find("60,60,4500"), 10, "-60,60,4500");
    write_file(map_, text);
    const auto said = sample({"--objects", "1"});
    ASSERT_EQ(said.error, "");
    EXPECT_EQ(said.output.find("lay outside"), std::string::npos) << said.output;
}

// A little strength leaves objects near the source, and keeps to a section.
TEST_F(Sample, StrengthStartsFromTheSource) {
    const Sequence source = to_sequence(read_beatmap(map_));
    const size_t tokens = source.size();
    const auto mean_move = [&](std::vector<std::string> flags) {
        flags.insert(flags.end(), {"--keep-spacing", "false", "--num-sampling-steps", "15"});
        const std::vector<float> xy = coordinates(flags);
        double sum = 0;
        for (size_t i = 0; i < tokens; ++i)
            sum += std::hypot(xy[i] - source.position[i].x, xy[tokens + i] - source.position[i].y);
        return sum / static_cast<double>(tokens);
    };
    const double polished = mean_move({"--strength", "0.2"});
    EXPECT_GT(polished, 1);
    EXPECT_LT(polished, 60);
    EXPECT_GT(mean_move({}), 2 * polished);
    const double section = mean_move({"--strength", "0.2", "--from-ms", "4000"});
    EXPECT_GT(section, 0.1);
    EXPECT_LT(section, polished);
    EXPECT_NE(sample({"--strength", "1.5"}, "none").error, "");
}

// What the source says twice, the result says twice; the flag lets it go.
TEST_F(Sample, KeepsTheStructure) {
    std::string text = map_text;
    text.resize(text.find("100,100,1000"));
    const Vec2 figure[] = {{100, 100}, {180, 120}, {160, 200}, {90, 230}, {150, 260},
                           {230, 240}, {260, 170}, {210, 90},  {130, 60}};
    for (int part = 0; part < 2; ++part)
        for (int i = 0; i < 9; ++i)  // the second time mirrored, elsewhere
            text += fmt::format("{},{},{},1,0,0:0:0:0:\r\n", part ? 420 - figure[i].x : figure[i].x,
                                figure[i].y + (part ? 40.0f : 0.0f), 1000 + 7000 * part + 400 * i);
    write_file(map_, text);
    const auto differ = [&](const std::string& keep) {
        const std::vector<float> xy = coordinates({"--keep-structure", keep});
        const auto side = [&](int i, int k) {  // lengths are the same after any turn and mirror
            return std::hypot(xy[i] - xy[k], xy[18 + i] - xy[18 + k]);
        };
        double sum = 0;
        for (int i = 0; i < 9; ++i)
            for (int k = 0; k < i; ++k) sum += std::abs(side(i, k) - side(9 + i, 9 + k)) / 36;
        return sum;
    };
    EXPECT_LT(differ("true"), differ("false") / 2);
}

TEST_F(Sample, ASelectionOfNothingIsAnError) {
    for (const std::vector<std::string>& flags : {std::vector<std::string>{"--objects", "0"},
                                                  {"--objects", "x"},
                                                  {"--objects", "3-1"},
                                                  {"--objects", "1-9999"},
                                                  {"--from-ms", "9", "--to-ms", "3"},
                                                  {"--from-ms", "1e9"}}) {
        EXPECT_NE(sample(flags, "nothing").error, "") << flags[1];
        EXPECT_TRUE(files("nothing").empty());
    }
}

// What is asked stays, whatever the network says: this one knows nothing. Behind a slider of an even number
// of spans it counts from the head, where the ball ends.
TEST_F(Sample, KeepsTheSpacing) {
    const Sequence source = to_sequence(read_beatmap(map_));
    const size_t tokens = source.size();
    const auto cursor_before = [&](size_t i) {
        size_t from = i - 1;
        if (source.type[from] == PointType::slider_end_2 || source.type[from] == PointType::slider_end_even)
            while (!is_slider_head(source.type[from])) --from;
        return from;
    };
    const auto worst = [&](const std::string& keep) {
        const std::vector<float> xy = coordinates({"--keep-spacing", keep});
        double worst = 0;
        for (size_t i = 1; i < tokens; ++i) {
            if (source.type[i] > PointType::slider_head_new_combo) continue;
            const size_t from = cursor_before(i);
            const Vec2 asked = source.position[i] - source.position[from];
            const double placed = std::hypot(xy[i] - xy[from], xy[tokens + i] - xy[tokens + from]);
            worst = std::max(worst, std::abs(placed - std::hypot(double{asked.x}, double{asked.y})));
        }
        return worst;
    };
    EXPECT_LT(worst("true"), 1);
    EXPECT_GT(worst("false"), 10);
}

TEST_F(Sample, WritesTheMapWithNewPositions) {
    const auto result = sample({});
    ASSERT_EQ(result.error, "");
    const auto written = files("out");
    ASSERT_EQ(written.size(), 1u);
    EXPECT_NE(result.output.find(written[0].string()), std::string::npos) << result.output;
    EXPECT_EQ(written[0].parent_path().filename(), "7 Artist - Song- part 1-2");
    EXPECT_EQ(written[0].filename(), "Artist - Song- part 1-2 (me) [Diffusion Hard (seed 0)].osu");

    const Beatmap source = read_beatmap(map_), made = read_beatmap(written[0]);
    EXPECT_EQ(made.warning_count, 0u);
    EXPECT_EQ(made.metadata.version.rfind("Diffusion", 0), 0u);
    EXPECT_EQ(made.metadata.beatmap_id, 0);
    EXPECT_EQ(made.metadata.set_id, 7);
    ASSERT_EQ(made.objects.size(), source.objects.size());
    bool moved = false;
    for (size_t i = 0; i < made.objects.size(); ++i) {
        const HitObject &a = made.objects[i], &b = source.objects[i];
        EXPECT_EQ(a.start_time, b.start_time);
        EXPECT_EQ(a.end_time, b.end_time);
        EXPECT_EQ(a.hit_sound, b.hit_sound);
        EXPECT_EQ(a.new_combo, b.new_combo);
        EXPECT_TRUE(a.position.x >= 0 && a.position.x <= 512 && a.position.y >= 0 && a.position.y <= 384);
        moved |= !(a.position == b.position);
    }
    EXPECT_TRUE(moved);
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "out"))
        EXPECT_EQ(entry.path().string().find(".part"), std::string::npos) << "left behind: " << entry.path();
}

TEST_F(Sample, ThreadsChangeRoundingAtMost) {
    const auto one = coordinates({"--threads", "1", "--seed", "3"});
    EXPECT_EQ(one, coordinates({"--threads", "1", "--seed", "3"}));
    const auto two = coordinates({"--threads", "2", "--seed", "3"});
    ASSERT_EQ(one.size(), 2u * 13);
    for (size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(one[i], two[i], 1);
    EXPECT_NE(one, coordinates({"--threads", "1", "--seed", "4"}));
}

TEST_F(Sample, VariantsAreSeeds) {
    const auto three = coordinates({"--num-variants", "3", "--seed", "10"});
    const auto last = coordinates({"--seed", "12"});
    ASSERT_EQ(three.size(), 3 * last.size());
    EXPECT_TRUE(std::equal(last.begin(), last.end(), three.end() - static_cast<ptrdiff_t>(last.size())));
    const auto torch = coordinates({"--num-variants", "2", "--rng", "torch"});
    EXPECT_FALSE(std::equal(torch.begin(), torch.begin() + 26, torch.begin() + 26));
    EXPECT_EQ(files("out").size(), 3u + 1 + 2);
}

TEST_F(Sample, OfSeveralPlacementsTheBestIsWritten) {
    std::string text = map_text;
    for (int i = 0; i < 40; ++i)
        text += fmt::format("{},{},{},1,0,0:0:0:0:\r\n", 60 + 130 * (i % 4), 60 + 90 * (i / 4 % 4),
                            6000 + 150 * i);
    write_file(map_, text);
    const auto all = coordinates({"--num-variants", "6", "--seed", "10", "--keep-spacing", "false"});
    const auto best =
        coordinates({"--num-variants", "2", "--best-of", "3", "--seed", "10", "--keep-spacing", "false"});
    const MapDatapoints map(read_beatmap(map_));
    const size_t row = 2 * map.sequence().size();
    ASSERT_EQ(all.size(), 6 * row);
    ASSERT_EQ(best.size(), 2 * row);
    std::vector<std::vector<Vec2>> placements;
    for (size_t i = 0; i < 6; ++i) {
        placements.emplace_back();
        for (size_t k = 0; k < row / 2; ++k)
            placements.back().push_back({all[i * row + k], all[i * row + row / 2 + k]});
    }
    size_t not_first = 0;
    for (size_t i = 0; i < 2; ++i) {
        const size_t kept = 3 * i + fewest_objections(map.view(), map.view().preempt,
                                                      std::span(placements).subspan(3 * i, 3));
        not_first += kept % 3 != 0;
        const auto chosen = all.begin() + static_cast<ptrdiff_t>(kept * row);
        EXPECT_TRUE(std::equal(chosen, chosen + static_cast<ptrdiff_t>(row),
                               best.begin() + static_cast<ptrdiff_t>(i * row)))
            << i;
    }
    EXPECT_GT(not_first, 0u) << "these seeds do not try the choice";
    EXPECT_EQ(files("out").size(), 6u + 2) << "the others are not written";
    EXPECT_NE(sample({"--best-of", "2", "--rng", "torch"}).error.find("--best-of"), std::string::npos);
}

TEST_F(Sample, EverySamplerAndRefining) {
    write_network("refine.safetensors", 2);
    const auto plain = coordinates({});
    for (const std::vector<std::string>& flags : std::vector<std::vector<std::string>>{
             {"--sampler", "ddim"},
             {"--sampler", "ddim", "--eta", "1"},
             {"--sampler", "dpm++"},
             {"--sampler", "dpm++", "--num-sampling-steps", "ddim10"},
             {"--num-sampling-steps", "3,2"},
             {"--refine-ckpt", (folder_ / "refine.safetensors").string(), "--refine-iters", "2"}}) {
        const auto other = coordinates(flags);
        EXPECT_EQ(other.size(), plain.size());
        EXPECT_NE(other, plain) << flags.back();
    }
    EXPECT_EQ(
        coordinates({"--refine-ckpt", (folder_ / "refine.safetensors").string(), "--refine-iters", "0"}),
        plain);
    EXPECT_EQ(coordinates({"--sampler", "dpm++", "--num-sampling-steps", "4"}), fast());
    EXPECT_NE(sample({"--num-sampling-steps", "0"}).error, "");
    EXPECT_NE(sample({"--sampler", "dpm++", "--num-sampling-steps", "1001"}).error, "");
    EXPECT_NE(sample({"--sampler", "euler"}).error, "");
}

TEST_F(Sample, Styles) {
    const auto plain = [&](std::vector<std::string> flags) {
        flags.insert(flags.end(), {"--cfg-scale", "1"});
        return coordinates(flags);
    };
    const auto null = coordinates({}), first = plain({"--style-id", "100"});
    EXPECT_NE(first, null);
    EXPECT_NE(first, plain({"--style-id", "110"}));
    EXPECT_NE(first, coordinates({"--style-id", "100", "--cfg-scale", "2"}));
    EXPECT_EQ(null, coordinates({"--cfg-scale", "3"}));  // towards nothing
    EXPECT_NE(sample({"--cfg-scale", "3"}).warnings.find("--cfg-scale changes nothing"), std::string::npos);
    EXPECT_EQ(sample({"--cfg-scale", "3", "--style-id", "100"}).warnings.find("changes nothing"),
              std::string::npos);
    // A mapper of one map is that map; of two, their mean, and letter case is no matter.
    EXPECT_EQ(plain({"--style-mapper", "Bert"}), plain({"--style-id", "110"}));
    const auto mean = coordinates({"--style-mapper", "ANNA"});
    EXPECT_NE(mean, first);
    EXPECT_NE(mean, coordinates({"--style-id", "200"}));
    // Without a scale the one at which a style shows, and it is said.
    EXPECT_EQ(mean, coordinates({"--style", "anna", "--cfg-scale", "5"}));
    EXPECT_EQ(coordinates({"--style", "200"}), coordinates({"--style-id", "200", "--cfg-scale", "3"}));
    EXPECT_NE(sample({"--style", "200"}).output.find("by 3 (--cfg-scale)"), std::string::npos);
    const auto written = files("out");
    EXPECT_TRUE(std::any_of(written.begin(), written.end(), [](const fs::path& path) {
        return path.filename().string().find("[Diffusion Hard (style 100, cfg 2, seed 0)]") !=
               std::string::npos;
    }));

    const auto unknown = sample({"--style-id", "108"}, "none");
    EXPECT_NE(unknown.error.find("108"), std::string::npos) << unknown.error;
    EXPECT_NE(unknown.hint.find("nearest are 110 (B - Two [Hard]), 100 (A - One [Easy]), 200"),
              std::string::npos)
        << unknown.hint;
    const auto mapper = sample({"--style-mapper", "nobody"}, "none");
    EXPECT_NE(mapper.error.find("nobody"), std::string::npos);
    EXPECT_NE(mapper.hint.find("Bert"), std::string::npos);
    EXPECT_NE(sample({"--style-mapper", "Bert", "--style-id", "100"}, "none").error, "");

    write_file(folder_ / "index.json", "{\"5\": 2, \"6\": 4}");
    const std::vector<std::string> index{"--beatmap-idx", (folder_ / "index.json").string(), "--style-id"};
    EXPECT_EQ(coordinates({index[0], index[1], index[2], "5"}), coordinates({"--style-id", "200"}));
    const auto other = sample({index[0], index[1], index[2], "6"}, "none");
    EXPECT_NE(other.error.find("class 4"), std::string::npos) << other.error;
    EXPECT_FALSE(fs::exists(folder_ / "none"));

    write_network("net.safetensors", 1, 0.03f, {mapper_hash("Bert")});
    EXPECT_EQ(coordinates({"--style-mapper", "ANNA"}), mean);
    const auto held_out = sample({"--style-id", "110"}, "none");
    EXPECT_NE(held_out.error.find("map 110 was held out"), std::string::npos) << held_out.error;
    const auto bert = sample({"--style-mapper", "bert"}, "none");
    EXPECT_NE(bert.error.find("bert was held out"), std::string::npos) << bert.error;
}

TEST_F(Sample, LooksAsFarAsTheNetworkWasTrainedTo) {
    const auto far = coordinates({}), near = coordinates({"--seq-len", "2"});
    EXPECT_EQ(coordinates({"--seq-len", "128"}), far) << "where the checkpoint does not say";
    EXPECT_NE(near, far);
    write_network("net.safetensors", 1, 0.03f, {}, 2);
    EXPECT_EQ(coordinates({}), near);
    EXPECT_EQ(coordinates({"--seq-len", "128"}), far);
}

// At scale 1, and towards nothing, the null row is not computed.
TEST(Guidance, OneRowWhereOneIsEnough) {
    EXPECT_FALSE((Guidance{{1, 2}, {0, 0}, 1}).needs_null_row());
    EXPECT_FALSE((Guidance{{}, {0, 0}, 3}).needs_null_row());
    EXPECT_TRUE((Guidance{{1, 2}, {0, 0}, 3}).needs_null_row());
}

TEST_F(Sample, FlagsThatContradictTheCheckpoint) {
    EXPECT_EQ(sample({"--num-classes", "4", "--num-heads", "2"}).error, "");
    const auto model = sample({"--model", "DiT-B"}, "none").error;
    EXPECT_TRUE(model.find("DiT-B") != model.npos && model.find("DiT(1, 32, 2)") != model.npos) << model;
    const auto classes = sample({"--num-classes", "5"}, "none").error;
    EXPECT_TRUE(classes.find('5') != classes.npos && classes.find("4 classes") != classes.npos) << classes;
    const auto heads = sample({"--num-heads", "4"}, "none").error;
    EXPECT_TRUE(heads.find('4') != heads.npos && heads.find('2') != heads.npos) << heads;
    EXPECT_FALSE(fs::exists(folder_ / "none"));
}

TEST_F(Sample, OtherModesAndBadInputAreErrors) {
    for (const char* mode : {"Mode: 1", "Mode: 2", "Mode: 3"}) {
        std::string text = map_text;
        text.replace(text.find("Mode: 0"), 7, mode);
        write_file(map_, text);
        EXPECT_NE(sample({}, "none").error, "") << mode;
    }
    write_file(map_, std::string(map_text).substr(0, std::string(map_text).find("100,100")));
    EXPECT_NE(sample({}, "none").error.find("no hit objects"), std::string::npos);
    write_file(map_, "not a map");
    EXPECT_NE(sample({}, "none").error, "");
    write_file(map_, map_text);
    EXPECT_NE(sample({"--difficulty", "Hard"}, "none").error, "");
    EXPECT_NE(sample({"--osz"}, "none").error, "");
    EXPECT_NE(sample({"--plot", "picture.bmp"}, "none").error, "");
    EXPECT_NE(sample({"--dump-coordinates", "xy.npy"}, "none").error, "");
    EXPECT_NE(sample({}, "none", "absent.safetensors").error, "");
    EXPECT_NE(sample({}, "none", "map.osu").error, "");
    EXPECT_NE(sample({}, "net.safetensors").error.find("is a file"), std::string::npos);
    write_network("broken.safetensors", 1, INFINITY);
    EXPECT_NE(sample({}, "none", "broken.safetensors").error.find("not finite"), std::string::npos);
    EXPECT_FALSE(fs::exists(folder_ / "none"));
    EXPECT_EQ(read_file(map_), map_text);
}

TEST_F(Sample, SliderVelocityAndOffscreen) {
    ASSERT_EQ(sample({"--slider-velocity", "fit"}, "fit").error, "");
    const Beatmap fit = read_beatmap(files("fit")[0]), source = read_beatmap(map_);
    EXPECT_EQ(fit.warning_count, 0u);
    for (size_t i = 0; i < fit.objects.size(); ++i)
        EXPECT_NEAR(fit.objects[i].end_time, source.objects[i].end_time, 1);
    write_network("wide.safetensors", 5, 0.1f);
    ASSERT_EQ(sample({"--allow-offscreen", "--keep-spacing", "false"}, "wide", "wide.safetensors").error, "");
    const Beatmap wide = read_beatmap(files("wide")[0]);
    EXPECT_TRUE(std::any_of(wide.objects.begin(), wide.objects.end(), [](const HitObject& object) {
        return object.position.x < 0 || object.position.x > 512 || object.position.y < 0 ||
               object.position.y > 384;
    }));
}

}  // namespace
}  // namespace osu
