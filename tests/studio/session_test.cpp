// A map at work: edits by hand, the history of it all, jobs, and what is exported.
#include "studio/session.h"

#include <algorithm>

#include "beatmap/osz.h"
#include "studio/fixture.h"

namespace osu::studio::test {
namespace {

// Lines of the new text that differ from the source's.
std::vector<std::string> different_lines(const std::string& source, const std::string& text) {
    const Beatmap a = parse_beatmap(source), b = parse_beatmap(text);
    std::vector<std::string> lines;
    EXPECT_EQ(a.lines.size(), b.lines.size());
    for (uint32_t i = 0; i < std::min(a.lines.size(), b.lines.size()); ++i)
        if (a.line(i) != b.line(i)) lines.emplace_back(b.line(i));
    return lines;
}

TEST_F(Studio, UndoAndRedoGiveTheSameBytes) {
    const std::string s = open_map();
    const auto text = [&] {
        return std::string(get("sessions/" + s + "/export.osu", {{"version", "x"}}).body.text());
    };
    std::vector<std::string> texts{text()};
    const json set = place(s, {{"all", true}, {"count", 2}});
    post_json("sessions/" + s + "/keep", {{"take", set["takes"][0]["id"]}});
    texts.push_back(text());
    post_json("sessions/" + s + "/move", {{"objects", {1, 3}}, {"dx", 20}, {"dy", -7}});
    texts.push_back(text());
    post_json("sessions/" + s + "/transform", {{"objects", {2, 3, 4}}, {"op", "rotate"}, {"angle", 33}});
    texts.push_back(text());
    post_json("sessions/" + s + "/transform", {{"objects", {7}}, {"op", "flipH"}});
    texts.push_back(text());
    post_json("sessions/" + s + "/revert", {{"objects", {3, 4, 5}}});
    texts.push_back(text());
    const size_t steps = texts.size() - 1;
    EXPECT_EQ(state(s)["step"], steps);
    for (size_t step = steps; step-- > 0;) {
        post_json("sessions/" + s + "/undo");
        EXPECT_EQ(text(), texts[step]) << step;
    }
    EXPECT_EQ(error_of(post("sessions/" + s + "/undo"), 409), "there is nothing to undo");
    for (size_t step = 1; step <= steps; ++step) {
        post_json("sessions/" + s + "/redo");
        EXPECT_EQ(text(), texts[step]) << step;
    }
    post_json("sessions/" + s + "/go", {{"step", 2}});
    EXPECT_EQ(text(), texts[2]);
    post_json("sessions/" + s + "/move", {{"objects", {0}}, {"dx", 5}, {"dy", 5}});
    EXPECT_EQ(state(s)["steps"].size(), 4u) << "what was undone is gone once something else is done";
    EXPECT_EQ(error_of(post("sessions/" + s + "/go", {{"step", 9}}), 404), "there is no step 9");
}

TEST_F(Studio, AStepIsShownByWhatItChangedWhereverTheHistoryStands) {
    const std::string s = open_map();
    const auto picture = [&](const char* step) {
        return get_json("sessions/" + s + "/step", {{"index", step}})["shapes"];
    };
    post_json("sessions/" + s + "/move", {{"objects", {1, 3}}, {"dx", 20}, {"dy", -7}});
    const json first = state(s)["shapes"];
    post_json("sessions/" + s + "/move", {{"objects", {1}}, {"dx", 9}, {"dy", 9}});
    const json second = state(s)["shapes"];
    post_json("sessions/" + s + "/go", {{"step", 0}});
    EXPECT_EQ(picture("0"), json::object());
    EXPECT_EQ(picture("1"), json({{"1", first[1]}, {"3", first[3]}}));
    EXPECT_EQ(picture("2"), json({{"1", second[1]}}));
    EXPECT_EQ(get("sessions/" + s + "/step", {{"index", "3"}}).status, 404);
    EXPECT_EQ(state(s)["changed"], json::array()) << "looking changes nothing";
}

TEST_F(Studio, AnotherProgramGoesOnWhereThisOneWasKilled) {
    const std::string s = open_map();
    const json set = place(s, {{"objects", {4, 5, 6, 7}}, {"count", 2}});
    post_json("sessions/" + s + "/keep", {{"take", set["takes"][0]["id"]}});
    post_json("sessions/" + s + "/pin", {{"objects", {1, 2}}, {"pinned", true}});
    post_json("sessions/" + s + "/move", {{"objects", {0}}, {"dx", 9}, {"dy", 9}});
    post_json("sessions/" + s + "/undo");
    json before = state(s), takes = get_json("sessions/" + s + "/takes");
    restart();
    json after = state(s);
    before.erase("revision"), after.erase("revision");
    EXPECT_EQ(after, before);
    EXPECT_EQ(get_json("sessions/" + s + "/takes"), takes);
    EXPECT_EQ(get_json("recent")["sessions"][0]["session"], s);
    const json next = place(s, {{"objects", {8}}, {"count", 1}});
    EXPECT_EQ(next["id"], "s2");
    EXPECT_GT(next["takes"][0]["seed"], set["takes"][1]["seed"]) << "again means other takes";
}

TEST_F(Studio, WhatNoMapNeedsAnyMoreIsForgotten) {
    const auto open_in = [&](const std::string& other, const std::string& map) {
        const OszArchive::NewEntry entries[] = {{"a.osu", map}, {"other.txt", other}};
        const json source = open_source("set.osz", make_osz(entries));
        return std::make_pair(
            source["source"].get<std::string>(),
            post_json("sessions", {{"source", source["source"]}, {"file", "a.osu"}})["session"]
                .get<std::string>());
    };
    const auto age = [&](const std::string& session) {
        const std::string name = "session-" + session + ".json";
        json about = json::parse(storage_.get(name)->text());
        about["when"] = about["when"].get<int64_t>() - int64_t{31} * 24 * 3600;
        storage_.put(name, about.dump());
    };
    const auto kept = [&](const std::string& source) {
        EXPECT_EQ(storage_.get("song-" + source + ".json").has_value(),
                  storage_.get("song-" + source + ".osz").has_value());
        return storage_.get("song-" + source + ".osz").has_value();
    };
    // The same map from another archive: the first copy is nobody's.
    const auto [first, s] = open_in("one", small_map());
    const auto [second, same] = open_in("two", small_map());
    ASSERT_EQ(s, same);
    // Two more: one only looked at, one worked on.
    const auto [looked_at, t] = open_in("one", small_map("Looked at"));
    const auto [worked_on, u] = open_in("one", small_map("Worked on"));
    post_json("sessions/" + u + "/pin", {{"objects", {1}}, {"pinned", true}});
    EXPECT_TRUE(kept(first) && kept(second) && kept(looked_at) && kept(worked_on));
    restart();
    EXPECT_FALSE(kept(first));
    EXPECT_TRUE(kept(second) && kept(looked_at) && kept(worked_on));
    age(t), age(u);
    restart();
    EXPECT_TRUE(kept(second) && kept(worked_on));
    EXPECT_FALSE(kept(looked_at));
    EXPECT_EQ(get("sessions/" + t).status, 404);
    EXPECT_EQ(state(u)["pinned"], json({1}));
    EXPECT_EQ(get("sessions/" + u + "/files/other.txt").body.text(), "one");
    EXPECT_EQ(get_json("recent")["sessions"].size(), 2u);
    // What cannot be read may be anybody's.
    storage_.put("session-" + s + ".json", "{damaged");
    restart();
    EXPECT_TRUE(kept(second));
}

TEST_F(Studio, WhatIsMovedStaysWholeAndInTheField) {
    const std::string s = open_map();
    const json source = get_json("sessions/" + s)["shapes"];
    post_json("sessions/" + s + "/move", {{"objects", {3}}, {"dx", 2000}, {"dy", 3}});
    const json slider = state(s)["shapes"][3];
    EXPECT_LE(slider["x"], 512);
    EXPECT_LE(slider["end"][0], 512);
    EXPECT_EQ(slider["end"][0].get<double>() - slider["x"].get<double>(),
              source[3]["end"][0].get<double>() - source[3]["x"].get<double>());
    EXPECT_EQ(slider["y"], source[3]["y"].get<int>() + 3);
    post_json("sessions/" + s + "/transform", {{"objects", {0}}, {"op", "flipH"}});
    EXPECT_EQ(state(s)["shapes"][0]["x"], 512 - source[0]["x"].get<int>());
    post_json("sessions/" + s + "/transform", {{"objects", {0}}, {"op", "flipV"}});
    EXPECT_EQ(state(s)["shapes"][0]["y"], 384 - source[0]["y"].get<int>());
    EXPECT_NE(error_of(post("sessions/" + s + "/transform", {{"objects", {0}}, {"op", "shear"}}), 400), "");
}

TEST_F(Studio, SettlingPlacesTheNeighboursAndIsKept) {
    const std::string s = open_map();
    const json moved =
        post_json("sessions/" + s + "/move", {{"objects", {8}}, {"dx", 60}, {"dy", 20}, {"settle", true}});
    EXPECT_TRUE(moved.contains("job"));
    const json source = get_json("sessions/" + s)["shapes"];
    run_jobs();
    json now = state(s);
    EXPECT_EQ(now["shapes"][8]["x"], source[8]["x"].get<int>() + 60);
    for (const json& i : now["changed"]) EXPECT_TRUE(i >= 5 && i <= 11) << i;
    EXPECT_GT(now["changed"].size(), 1u);
    // One drag is one step.
    EXPECT_EQ(now["step"], 1);
    EXPECT_EQ(now["steps"][1]["label"], "Moved 1 object, neighbours placed anew");
    EXPECT_EQ(now["steps"][1]["objects"], now["changed"].size());
    restart();
    json again = state(s);
    now.erase("revision"), again.erase("revision");
    EXPECT_EQ(again, now);
    post_json("sessions/" + s + "/undo");
    EXPECT_EQ(state(s)["shapes"], source);
    post_json("sessions/" + s + "/redo");
    EXPECT_EQ(state(s)["shapes"], now["shapes"]);
}

TEST_F(Studio, NeighboursAreKeptNeitherBehindAnUndoneMoveNorOverWhatWasDoneMeanwhile) {
    const std::string s = open_map(), at = "sessions/" + s;
    const json settling{{"objects", {8}}, {"dx", 60}, {"dy", 20}, {"settle", true}};
    post_json(at + "/move", settling);
    post_json(at + "/undo");
    run_jobs();
    EXPECT_EQ(state(s)["step"], 0);
    EXPECT_EQ(state(s)["changed"], json::array());

    post_json(at + "/move", settling);
    post_json(at + "/move", {{"objects", {9}}, {"dx", 5}, {"dy", 5}});
    const json meanwhile = state(s);
    run_jobs();
    const json now = state(s);
    EXPECT_EQ(now["step"], 3);
    EXPECT_EQ(now["steps"][1]["label"], "Moved 1 object");
    EXPECT_EQ(now["steps"][3]["label"], "Placed 5 objects around what was moved");
    for (const int i : {8, 9}) EXPECT_EQ(now["shapes"][i], meanwhile["shapes"][i]) << i;
    EXPECT_NE(now["shapes"][7], meanwhile["shapes"][7]);
}

TEST_F(Studio, WhatIsTurnedKeepsItsShapeOrStaysAsItIs) {
    const std::string s = open_map(), at = "sessions/" + s;
    // All of them are wider than the field is high then.
    post_json(at + "/move", {{"objects", {15}}, {"dx", 80}, {"dy", 0}});
    const json before = state(s)["shapes"];
    const auto turn = [&](const json& objects, double angle) {
        return post(at + "/transform", {{"objects", objects}, {"op", "rotate"}, {"angle", angle}});
    };
    const auto arm = [](const json& shapes, int from, int to, const char* axis) {
        return shapes[to][axis].get<int>() - shapes[from][axis].get<int>();
    };
    // At the field's top: turned about their middle, the first is outside.
    ASSERT_EQ(turn({0, 1, 2}, 90).status, 200);
    const json turned = state(s)["shapes"];
    for (const int i : {1, 2}) {
        EXPECT_NEAR(arm(turned, 0, i, "y"), arm(before, 0, i, "x"), 1) << i;
        EXPECT_NEAR(arm(turned, 0, i, "x"), -arm(before, 0, i, "y"), 1) << i;
    }
    for (const int i : {0, 1, 2}) EXPECT_GE(turned[i]["y"], 0);
    post_json(at + "/undo");
    json all = json::array();
    for (int i = 0; i < 16; ++i) all.push_back(i);
    const std::string error = error_of(turn(all, 90), 400);
    EXPECT_NE(error.find("the field has 384"), std::string::npos) << error;
    EXPECT_EQ(state(s)["shapes"], before);
    EXPECT_EQ(state(s)["step"], 1);
    for (const char* op : {"flipH", "flipV"}) post_json(at + "/transform", {{"objects", all}, {"op", op}});
    ASSERT_EQ(turn(all, 180).status, 200) << "what has room as it is has room upside down";
}

TEST_F(Studio, EventsTellATakeFromItsQueueToItsEnd) {
    const std::string s = open_map();
    post_json("sessions/" + s + "/place", {{"objects", {4}}, {"count", 2}});
    run_jobs();
    std::vector<std::string> types = event_types();
    std::erase(types, "step");
    EXPECT_EQ(types, (std::vector<std::string>{"sets", "queued", "started", "take", "take", "done", "sets"}));
    const json& take =
        *std::find_if(events_.begin(), events_.end(), [](const json& e) { return e["type"] == "take"; });
    EXPECT_EQ(take["take"]["state"], "done");
    EXPECT_TRUE(take["take"]["shapes"].contains("4"));
    events_.clear();
    post_json("sessions/" + s + "/move", {{"objects", {0}}, {"dx", 1}, {"dy", 0}});
    ASSERT_EQ(event_types(), std::vector<std::string>{"state"});
    const json& shapes = events_[0]["state"]["shapes"];
    EXPECT_TRUE(shapes.contains("0"));
    EXPECT_LT(shapes.size(), 4u) << "only what changed is told";
}

TEST_F(Studio, WhatWaitsAndWhatRunsIsCancelled) {
    const std::string s = open_map();
    const json first = post_json("sessions/" + s + "/place", {{"objects", {4}}, {"count", 2}});
    const json second = post_json("sessions/" + s + "/place", {{"objects", {5}}, {"count", 2}});
    post_json("sessions/" + s + "/cancel", {{"job", second["job"]}});
    run_jobs();
    EXPECT_EQ(get_json("sessions/" + s + "/takes")["sets"].size(), 1u);
    post_json("sessions/" + s + "/place", {{"objects", {6}}});
    post_json("sessions/" + s + "/cancel");
    EXPECT_FALSE(api_->run_next_job());
    for (int i = 0; i < 8; ++i) post_json("sessions/" + s + "/place", {{"objects", {6}}});
    EXPECT_NE(error_of(post("sessions/" + s + "/place", {{"objects", {6}}}), 429), "");
}

TEST_F(Studio, TheExportDiffersInTheSectionAndItsNameAlone) {
    const std::string s = open_map();
    const json set = place(s, {{"objects", {4, 5}}, {"count", 1}});
    post_json("sessions/" + s + "/keep", {{"take", set["takes"][0]["id"]}});
    const Response made = get("sessions/" + s + "/export.osu", {{"version", "Mine"}});
    EXPECT_EQ(made.attachment, "band - song (somebody) [Mine].osu");
    for (const std::string& line : different_lines(small_map(), std::string(made.body.text())))
        EXPECT_TRUE(line == "Version:Mine" || line == "BeatmapID:0" ||
                    line.find(",3000,") != std::string::npos || line.find(",3500,") != std::string::npos)
            << line;
}

TEST_F(Studio, AnArchiveKeepsItsEntriesAndGetsANameThatIsFree) {
    const OszArchive::NewEntry entries[] = {
        {"a.osu", small_map("Hard")}, {"b.osu", small_map("Hard (Diffusion)")}, {"song.mp3", "not music"}};
    const std::string osz = make_osz(entries);
    const json source = open_source("set.osz", osz);
    ASSERT_EQ(source["maps"].size(), 2u);
    const std::string s = post_json("sessions", {{"source", source["source"]}, {"file", "a.osu"}})["session"];
    const Response made = get("sessions/" + s + "/export.osz");
    const OszArchive archive(made.body.view, "made");
    ASSERT_EQ(archive.entries().size(), 4u);
    for (const auto& [name, content] : entries) EXPECT_EQ(archive.read(name), content);
    const Beatmap added = parse_beatmap(archive.read(archive.entries()[3].name));
    EXPECT_EQ(added.metadata.version, "Hard (Diffusion) 2");
    EXPECT_EQ(get("sessions/" + s + "/audio").body.text(), "not music");
    EXPECT_EQ(get("sessions/" + s + "/audio").type, "audio/mpeg");
    EXPECT_EQ(error_of(get("sessions/" + s + "/background"), 404), "set.osz has no bg.jpg");
}

// As the game of today exports sets, and others pack them.
TEST_F(Studio, AMapsAudioIsFoundWhereverAnArchiveKeepsIt) {
    const auto audio_of = [&](const std::string& audio, std::vector<std::string> files,
                              const std::string& map = "a.osu") {
        std::string text = small_map();
        text.replace(text.find("song.mp3"), 8, audio);
        std::vector<OszArchive::NewEntry> entries{{map, text}};
        for (const std::string& file : files) entries.push_back({file, "the content of " + file});
        const json source = open_source("set.olz", make_osz(entries));
        const std::string s = post_json("sessions", {{"source", source["source"]}, {"file", map}})["session"];
        const Response made = get("sessions/" + s + "/audio");
        EXPECT_EQ(get_json("sessions/" + s)["audio"], made.status == 200) << audio;
        return made.status == 200 ? std::string(made.body.text()).substr(15) : "none";
    };
    EXPECT_EQ(audio_of("song.mp3", {"other.mp3", "song.mp3"}), "song.mp3");
    EXPECT_EQ(audio_of("Song.MP3", {"other.mp3", "song.mp3"}), "song.mp3");
    EXPECT_EQ(audio_of("music\\song.mp3", {"song.ogg", "music/song.mp3"}), "music/song.mp3");
    EXPECT_EQ(audio_of("./song.mp3", {"other.mp3", "song.mp3"}), "song.mp3");
    // The game leaves the folder out of the name.
    EXPECT_EQ(audio_of("song.mp3", {"other.mp3", "Music/song.mp3"}), "Music/song.mp3");
    // It looks from the set's root, others beside the map.
    EXPECT_EQ(audio_of("song.mp3", {"song.mp3", "x.mp3"}, "disc/a.osu"), "song.mp3");
    EXPECT_EQ(audio_of("song.mp3", {"song.mp3", "disc/song.mp3"}, "disc/a.osu"), "disc/song.mp3");
    EXPECT_EQ(audio_of("../song.mp3", {"song.mp3", "disc/song.mp3"}, "disc/a.osu"), "song.mp3");
    // Letters that Japanese Windows does not have are lost in its archives.
    EXPECT_EQ(audio_of("caf\xc3\xa9.mp3", {"caf-.mp3", "soft-hitclap.mp3", "voice.wav"}), "caf-.mp3");
    EXPECT_EQ(audio_of("song.mp3", {"song.ogg", "normal-hitnormal.ogg"}), "song.ogg");
    // Which of two, nobody can say; samples are none.
    EXPECT_EQ(audio_of("song.mp3", {"one/song.mp3", "two/song.mp3"}), "none");
    EXPECT_EQ(audio_of("song.mp3", {"one.mp3", "two.mp3"}), "none");
    EXPECT_EQ(audio_of("song.mp3", {"normal-hitnormal.mp3", "__MACOSX/._song.mp3"}), "none");
    EXPECT_EQ(audio_of("../../song.mp3", {"x.jpg"}), "none");
}

}  // namespace
}  // namespace osu::studio::test
