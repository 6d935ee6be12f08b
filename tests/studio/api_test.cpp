// The API's answers: scenes, styles, advice, and what is refused with a reason while all else goes on.
#include "base/file.h"
#include "beatmap/osz.h"
#include "studio/example.h"
#include "studio/fixture.h"
#include "support/game_points.h"

namespace osu::studio::test {
namespace {

using osu::test::source_dir;

TEST_F(Studio, TheSceneIsWhatTheGameShows) {
    const std::string text = read_file(source_dir() / "examples/waltz.osu");
    const Beatmap map = parse_beatmap(text);
    const json scene = get_json("sessions/" + open_map(text));
    EXPECT_EQ(scene["version"], "Three Four");
    EXPECT_EQ(scene["difficulty"]["preempt"], 750);
    EXPECT_NEAR(scene["difficulty"]["radius"].get<double>(), 36.5, 0.1);
    EXPECT_EQ(scene["difficulty"]["hitWindows"], json({44, 92, 140}));
    EXPECT_EQ(scene["comboColours"].size(), 4u);
    EXPECT_EQ(scene["timing"], json({{{"time", 800}, {"beatLength", 400}, {"meter", 3}}}));
    EXPECT_EQ(scene["kiai"], json({{52400, 90800}}));
    EXPECT_EQ(scene["breaks"], json({{49000, 51400}}));
    EXPECT_EQ(scene["bookmarks"], json({800, 20000, 52400, 90800, 93200}));
    EXPECT_FALSE(scene["audio"]);
    ASSERT_EQ(scene["objects"].size(), map.objects.size());
    ASSERT_EQ(scene["shapes"].size(), map.objects.size());
    // Ticks, repeats and places as the game judges them.
    std::vector<std::vector<double>> ticks(map.objects.size());
    for (const osu::test::GamePoint& point : osu::test::game_points(map)) {
        const json& shape = scene["shapes"][point.object];
        if (point.kind == osu::test::GamePointKind::slider_tick) ticks[point.object].push_back(point.time);
        if (point.kind == osu::test::GamePointKind::circle ||
            point.kind == osu::test::GamePointKind::slider_head) {
            EXPECT_NEAR(shape["x"].get<double>() + shape["stack"][0].get<double>(), point.position.x, 0.02);
            EXPECT_NEAR(shape["y"].get<double>() + shape["stack"][1].get<double>(), point.position.y, 0.02);
        }
    }
    size_t with_ticks = 0;
    for (size_t i = 0; i < map.objects.size(); ++i) {
        if (map.objects[i].kind != ObjectKind::slider) continue;
        const json& told = scene["objects"][i]["ticks"];
        ASSERT_EQ(told.size(), ticks[i].size()) << i;
        for (size_t t = 0; t < ticks[i].size(); ++t) EXPECT_NEAR(told[t].get<double>(), ticks[i][t], 0.01);
        with_ticks += !ticks[i].empty();
        EXPECT_EQ(scene["objects"][i]["sounds"].size(), map.objects[i].span_count + 1u);
    }
    EXPECT_GT(with_ticks, 5u);
}

TEST_F(Studio, DifficultySettingsAreSaidAsTheFileHasThem) {
    std::string text = small_map();
    text.replace(text.find("ApproachRate:9"), 14, "ApproachRate:9.4");
    text.replace(text.find("CircleSize:4"), 12, "CircleSize:4.2");
    text.replace(text.find("OverallDifficulty:8"), 19, "OverallDifficulty:8.3");
    const std::string scene(get("sessions/" + open_map(text)).body.text());
    for (const char* said : {R"("ar":9.4,)", R"("cs":4.2,)", R"("od":8.3,)"})
        EXPECT_NE(scene.find(said), std::string::npos) << said;
}

TEST_F(Studio, SoundsComeFromTheObjectThenTheTimingPointThenTheMap) {
    std::string text = small_map();
    text +=
        "100,100,20000,1,10,3:1:2:40:own.wav\r\n100,100,21000,2,2,L|200:100,2,70,4|0|8,1:2|0:0|0:3,0:0:0:0:"
        "\r\n";
    const json scene = get_json("sessions/" + open_map(text));
    const json& circle = scene["objects"][16]["sounds"][0];
    EXPECT_EQ(circle["set"], "drum");
    EXPECT_EQ(circle["addition"], "normal");
    EXPECT_EQ(circle["index"], 2);
    EXPECT_EQ(circle["volume"], 40);
    EXPECT_EQ(circle["file"], "own.wav");
    EXPECT_TRUE(circle["whistle"] && circle["clap"] && !circle["finish"]);
    const json& edges = scene["objects"][17]["sounds"];
    ASSERT_EQ(edges.size(), 3u);
    EXPECT_EQ(edges[0]["set"], "normal");
    EXPECT_EQ(edges[0]["addition"], "soft");
    EXPECT_TRUE(edges[0]["finish"]);
    EXPECT_EQ(edges[1]["set"], "soft") << "the timing point's";
    EXPECT_EQ(edges[1]["index"], 1);
    EXPECT_EQ(edges[1]["volume"], 60);
    EXPECT_EQ(edges[2]["addition"], "drum");
    EXPECT_TRUE(scene["objects"][17]["slide"]["whistle"]);
}

TEST_F(Studio, StackingIsThatOfTheWholeMap) {
    std::string text = small_map();
    text += "300,300,9000,1,0,0:0:0:0:\r\n300,300,9100,1,0,0:0:0:0:\r\n";
    const std::string s = open_map(text);
    EXPECT_LT(state(s)["shapes"][16]["stack"][0], 0);
    EXPECT_EQ(state(s)["shapes"][17]["stack"][0], 0);
    events_.clear();
    post_json("sessions/" + s + "/move", {{"objects", {17}}, {"dx", -100}, {"dy", 0}});
    EXPECT_EQ(state(s)["shapes"][16]["stack"][0], 0) << "an object that did not move itself";
    EXPECT_TRUE(events_[0]["state"]["shapes"].contains("16")) << "and its pages are told";
}

TEST_F(Studio, AboutNamesTheModelAndTheDefaults) {
    const json about = get_json("about");
    EXPECT_EQ(about["model"]["file"], "small.safetensors");
    EXPECT_EQ(about["model"]["styles"], 4);
    EXPECT_EQ(about["model"]["window"], 128);
    EXPECT_EQ(about["defaults"]["count"], 8);
    EXPECT_EQ(about["defaults"]["cfgScale"]["mapper"], 5);
    EXPECT_FALSE(about["can"]["library"]);
}

TEST_F(Studio, StylesAreFoundByPartsOfNames) {
    json found = get_json("styles", {{"q", "SOME"}});
    EXPECT_EQ(found["mappers"], json({{{"name", "somebody"}, {"count", 2}}}));
    EXPECT_EQ(found["maps"].size(), 2u);
    EXPECT_EQ(get_json("styles", {{"q", "103"}})["maps"][0]["title"], "song 2");
    EXPECT_EQ(get_json("styles", {{"q", "song 3"}})["maps"][0]["id"], 104);
    EXPECT_EQ(get_json("styles", {{"limit", "1"}})["maps"].size(), 1u);
    const json like = get_json("styles/like", {{"session", open_map()}});
    EXPECT_FALSE(like["known"]);
    EXPECT_EQ(like["maps"].size(), 2u) << "those of its mapper";
    EXPECT_EQ(get_json("styles/points")["points"].size(), 4u);
}

TEST_F(Studio, StylesGuideAndUnknownOnesAreRefused) {
    const std::string s = open_map();
    const auto shapes = [&](const json& style) {
        const json set =
            place(s, {{"objects", {4, 5}}, {"count", 1}, {"seed", 7}, {"style", style}, {"cfgScale", 3}});
        return set["takes"][0]["shapes"];
    };
    const json plain = shapes(nullptr);
    EXPECT_EQ(shapes(nullptr), plain) << "a seed is a take";
    const auto of_steps = [&](const char* key, const json& value) {
        // Held to nothing: two takes of a few objects may be put right to the same places.
        const json request{
            {"objects", {4, 5}}, {"count", 1}, {"seed", 7}, {"keepSpacing", false}, {key, value}};
        return place(s, request)["takes"][0]["shapes"];
    };
    EXPECT_NE(of_steps("fast", true), of_steps("fast", false));
    EXPECT_EQ(of_steps("fast", true), of_steps("steps", 4));
    shapes({{"mapper", "somebody"}});
    shapes({{"id", 103}});
    shapes({{"session", true}});
    events_.clear();
    const auto refused = [&](const json& style) {
        const Response response = post("sessions/" + s + "/place", {{"objects", {4}}, {"style", style}});
        EXPECT_EQ(response.status, 400);
        return json::parse(response.body.text());
    };
    EXPECT_EQ(refused({{"mapper", "sombody"}}),
              json({{"error", "no style is by a mapper sombody"}, {"hint", "the nearest are somebody"}}));
    EXPECT_EQ(refused({{"mapper", "Nobody at all"}})["hint"],
              "those with most maps: somebody, mapper 2, mapper 3");
    EXPECT_EQ(refused({{"id", 100}})["error"], "no style has the beatmap ID 100");
    EXPECT_TRUE(events_.empty()) << "nothing has begun";
    place(s, {{"objects", {4}}, {"count", 1}});  // and the session lives on
}

TEST_F(Studio, AdvicePointsAtWhatAModderWouldSee) {
    std::string text = small_map();
    text += "0,200,9000,1,0,0:0:0:0:\r\n300,200,9400,1,0,0:0:0:0:\r\n330,200,9800,1,0,0:0:0:0:\r\n";
    const std::string s = open_map(text);
    const auto kinds_at = [&](int object) {
        std::set<std::string> kinds;
        const json advice = get_json("sessions/" + s + "/advice", {{"of", "now"}});
        for (const json& item : advice["items"])
            if (item["objects"] == json({object})) kinds.insert(item["kind"]);
        return kinds;
    };
    EXPECT_TRUE(kinds_at(16).count("edge"));
    EXPECT_FALSE(kinds_at(17).count("edge"));
    post_json("sessions/" + s + "/move", {{"objects", {16}}, {"dx", 200}, {"dy", 0}});
    EXPECT_FALSE(kinds_at(16).count("edge"));
    const json of_source = get_json("sessions/" + s + "/advice", {{"of", "source"}})["items"];
    EXPECT_TRUE(std::any_of(of_source.begin(), of_source.end(),
                            [](const json& item) { return item["kind"] == "edge"; }));
}

TEST_F(Studio, WhatCannotBeOpenedSaysWhy) {
    EXPECT_EQ(open_source("x.osu", "")["error"], "x.osu is empty");
    EXPECT_EQ(open_source("x.png", "\x89PNG....")["error"],
              "x.png is neither a beatmap nor an archive of some");
    EXPECT_NE(open_source("x.osz", "PK\3\4 broken")["error"], nullptr);
    const json taiko = open_source("t.osu", small_map("Oni", 1));
    EXPECT_EQ(taiko["maps"][0]["mode"], "taiko");
    EXPECT_EQ(taiko["maps"][0]["problem"], "a map of another game mode");
    EXPECT_EQ(error_of(post("sessions", {{"source", taiko["source"]}, {"file", "t.osu"}}), 400),
              "[Oni] is a map of another game mode");
    EXPECT_NE(error_of(post("sessions", {{"source", "0"}, {"file", "t.osu"}}), 404), "");
    EXPECT_NE(error_of(post("sessions", {{"source", taiko["source"]}, {"file", "../t.osu"}}), 400), "");
    const OszArchive::NewEntry nothing[] = {{"readme.txt", "hello"}};
    EXPECT_EQ(open_source("r.osz", make_osz(nothing))["error"], "r.osz holds no map");
}

TEST_F(Studio, OddRequestsAreRefusedAndDoNoHarm) {
    const std::string s = open_map(), at = "sessions/" + s;
    for (const json& body : {json{{"objects", {99}}}, json{{"objects", "all"}}, json{{"objects", {-1}}},
                             json{{"objects", json::array()}}, json{{"from", "a"}, {"to", 5}}, json::object(),
                             json{{"all", true}, {"count", 0}}, json{{"all", true}, {"count", 1000}},
                             json{{"all", true}, {"strength", 0}}, json{{"all", true}, {"style", "x"}},
                             json{{"all", true}, {"steps", 100000}}, json{{"all", true}, {"cfgScale", 1e9}},
                             json{{"all", true}, {"fast", 1}}, json{{"from", 5}, {"to", 6}}})
        EXPECT_NE(error_of(post(at + "/place", body), 400), "") << body.dump();
    EXPECT_NE(error_of(post(at + "/place", {{"all", true}, {"base", "s9.1"}}), 404), "");
    EXPECT_NE(error_of(post(at + "/place", {{"all", true}, {"seed", -1}}), 400), "");
    EXPECT_NE(error_of(post(at + "/move", {{"objects", {1}}, {"dx", 1e308}, {"dy", 0}}), 400), "");
    EXPECT_EQ(error_of(get(at + "/step", {{"index", "abc"}}), 400), "'abc' is no index of a step");
    EXPECT_NE(error_of(get("styles", {{"limit", "-5"}}), 400), "");
    EXPECT_NE(error_of(post(at + "/keep", {{"take", "s9.1"}}), 404), "");
    EXPECT_NE(error_of(post(at + "/nothing"), 404), "");
    EXPECT_NE(error_of(get(at + "/nothing"), 404), "");
    EXPECT_NE(error_of(get("sessions/../about"), 404), "");
    EXPECT_NE(error_of(get("nothing"), 404), "");
    EXPECT_NE(error_of(get(at + "/files/..%2f..%2fetc%2fpasswd"), 404), "");
    EXPECT_NE(error_of(get(at + "/files/../../etc/passwd"), 404), "");
    EXPECT_NE(error_of(api_->handle({"POST", "/api/v1/" + at + "/place", {}, "{broken"}), 400), "");
    EXPECT_NE(error_of(api_->handle({"DELETE", "/api/v1/" + at, {}, {}}), 405), "");
    EXPECT_EQ(state(s)["step"], 0);
}

TEST_F(Studio, MoreObjectsThanAnyMapHasAreNotPlacedAtOnce) {
    std::string text = small_map();
    for (int i = 0; i < 20'000; ++i) text += fmt::format("100,100,{},1,0\n", 20'000 + 100 * i);
    const std::string s = open_map(text), at = "sessions/" + s;
    EXPECT_NE(error_of(post(at + "/place", {{"all", true}}), 413).find("too many"), std::string::npos);
    EXPECT_EQ(get_json(at + "/takes")["sets"], json::array());
}

// A disk that has no room for anything but what is there.
class FullStorage : public MemoryStorage {
  public:
    bool full = false;
    void put(const std::string& name, std::string_view content) override {
        if (full) fail("no space left");
        MemoryStorage::put(name, content);
    }
};

TEST_F(Studio, AStepThatIsInTheJournalIsNoErrorOnAFullDisk) {
    FullStorage storage;
    const auto begin = [&] {
        return std::make_unique<Api>(ApiOptions{.storage = storage, .engine = engine_, .version = "test"});
    };
    api_ = begin();
    const std::string s = open_map();
    storage.full = true;
    post_json("sessions/" + s + "/move", {{"objects", {1}}, {"dx", 11}, {"dy", 0}});
    EXPECT_EQ(state(s)["step"], 1);
    EXPECT_EQ(open_map(), s) << "what is there can be opened again";
    const json other = open_source("other.osu", small_map("Other"));
    EXPECT_NE(error_of(post("sessions", {{"source", other["source"]}, {"file", "other.osu"}}), 400), "");
    api_.reset();
}

TEST_F(Studio, ACheckpointThatIsNoneIsToldAndTheMapStaysOpen) {
    Engine broken(
        "broken.safetensors", []() -> Checkpoint { fail(Hint{"choose another"}, "it is damaged"); },
        [] {
            return open_device({"cpu", "f32"});
        });
    std::vector<json> events;
    Api api({.storage = storage_,
             .engine = broken,
             .on_event = [&](const std::string&, const std::string& event) {
                 events.push_back(json::parse(event));
             }});
    const std::string s = open_map();
    const auto ask = [&](const char* method, const std::string& path, const std::string& body = {}) {
        return json::parse(api.handle({method, "/api/v1/" + path, {}, body}).body.text());
    };
    EXPECT_EQ(ask("GET", "about")["model"]["problem"]["error"], "it is damaged");
    ask("POST", "sessions/" + s + "/place", R"({"objects":[4]})");
    EXPECT_TRUE(api.run_next_job());
    const auto failed =
        std::find_if(events.begin(), events.end(), [](const json& e) { return e["type"] == "failed"; });
    ASSERT_NE(failed, events.end());
    EXPECT_EQ((*failed)["error"], "it is damaged");
    EXPECT_EQ((*failed)["hint"], "choose another");
    EXPECT_EQ(ask("GET", "sessions/" + s + "/takes")["sets"], json::array());
    EXPECT_TRUE(ask("POST", "sessions/" + s + "/move", R"({"objects":[1],"dx":4,"dy":4})").contains("step"));
}

TEST_F(Studio, TheExampleHasItsOwnMusic) {
    const std::shared_ptr<Song> song = example_song(read_file(source_dir() / "examples/waltz.osu"));
    EXPECT_EQ(song->names(), (std::vector<std::string>{"waltz.osu", "waltz.wav"}));
    const std::string wav = song->read("waltz.wav");
    EXPECT_EQ(wav.substr(0, 4), "RIFF");
    const double seconds = static_cast<double>(wav.size() - 44) / 2 / 32000;
    EXPECT_NEAR(seconds, 106, 3);
    // Not silent, and never cut off.
    const auto* samples = reinterpret_cast<const int16_t*>(wav.data() + 44);
    const size_t count = (wav.size() - 44) / 2;
    size_t loud = 0, cut = 0;
    for (size_t i = 0; i < count; ++i)
        loud += std::abs(samples[i]) > 1000, cut += std::abs(samples[i]) > 32000;
    EXPECT_GT(loud, count / 2);
    EXPECT_EQ(cut, 0u);
    EXPECT_EQ(parse_beatmap(song->read("waltz.osu")).audio_filename, "waltz.wav");
}

}  // namespace
}  // namespace osu::studio::test
