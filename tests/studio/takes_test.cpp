// Takes of a session: what they move, which of them is kept, and how they are thrown away.
#include <cmath>

#include "studio/fixture.h"
#include "studio/session.h"

namespace osu::studio::test {
namespace {

TEST_F(Studio, ATakeMovesItsSectionAloneAndIsKeptAsItWasShown) {
    const std::string s = open_map();
    const json set = place(s, {{"objects", {4, 5, 6, 7}}, {"count", 3}});
    ASSERT_EQ(set["takes"].size(), 3u);
    EXPECT_TRUE(set["done"]);
    EXPECT_NE(set["takes"][0]["shapes"], set["takes"][1]["shapes"]);
    EXPECT_EQ(set["takes"][2]["seed"], set["takes"][0]["seed"].get<int>() + 2);
    EXPECT_EQ(state(s)["changed"], json::array()) << "a take that is not kept changes nothing";

    post_json("sessions/" + s + "/keep", {{"take", set["takes"][1]["id"]}});
    const json now = state(s);
    for (const int i : {4, 5, 6, 7})
        EXPECT_EQ(now["shapes"][i], set["takes"][1]["shapes"][std::to_string(i)]) << i;
    const json source = get_json("sessions/" + s)["shapes"];
    for (const int i : {0, 3, 8, 15}) EXPECT_EQ(now["shapes"][i]["x"], source[i]["x"]) << i;
    for (const json& i : now["changed"]) EXPECT_TRUE(i >= 4 && i <= 7) << i;
    EXPECT_FALSE(now["changed"].empty());
    EXPECT_EQ(now["step"], 1);
}

TEST_F(Studio, APartOfATakeCanBeKept) {
    const std::string s = open_map();
    const json set = place(s, {{"from", 1000}, {"to", 4000}, {"count", 1}});
    post_json("sessions/" + s + "/keep", {{"take", set["takes"][0]["id"]}, {"objects", {2}}});
    EXPECT_EQ(state(s)["changed"], json({2}));
    EXPECT_EQ(
        error_of(post("sessions/" + s + "/keep", {{"take", set["takes"][0]["id"]}, {"objects", {12}}}), 400),
        "object 12 is not of take s1.1");
}

TEST_F(Studio, PinnedObjectsStayInEveryTake) {
    const std::string s = open_map();
    post_json("sessions/" + s + "/pin", {{"objects", {5}}, {"pinned", true}});
    const json set = place(s, {{"objects", {4, 5, 6}}, {"count", 1}});
    const json source = get_json("sessions/" + s)["shapes"];
    EXPECT_EQ(set["takes"][0]["shapes"]["5"]["x"], source[5]["x"]);
    EXPECT_NE(set["takes"][0]["shapes"]["4"]["x"], source[4]["x"]);
    EXPECT_EQ(error_of(post("sessions/" + s + "/place", {{"objects", {5}}}), 400),
              "all of these objects are pinned: nothing would be placed");
    post_json("sessions/" + s + "/pin", {{"objects", {5}}, {"pinned", false}});
    EXPECT_EQ(state(s)["pinned"], json::array());
}

TEST_F(Studio, ATakeIsKeptAsLongAsItStandsInTheMap) {
    const std::string s = open_map(), at = "sessions/" + s;
    const auto keep = [&](const char* take) { post_json(at + "/keep", {{"take", take}}); };
    const auto kept = [&] { return state(s)["kept"]; };
    place(s, {{"objects", {4, 5, 6}}, {"count", 3}});
    place(s, {{"objects", {6, 8}}, {"count", 1}});
    EXPECT_EQ(kept(), json::array());
    keep("s1.1");
    keep("s1.2");
    EXPECT_EQ(kept(), json({"s1.2"})) << "of one set one take stands in the map";
    keep("s2.1");
    EXPECT_EQ(kept(), json({"s1.2", "s2.1"})) << "objects 4 and 5 are the first take's";
    const json listed = get_json(at + "/takes", {{"shapes", "none"}})["sets"][0]["takes"];
    EXPECT_FALSE(listed[0].contains("kept"));
    EXPECT_EQ(listed[1]["kept"], true);
    restart();
    EXPECT_EQ(kept(), json({"s1.2", "s2.1"}));
    post_json(at + "/move", {{"objects", {8}}, {"dx", 3}, {"dy", 3}});
    EXPECT_EQ(kept(), json({"s1.2", "s2.1"})) << "object 6 is still as the second put it";
    post_json(at + "/move", {{"objects", {6}}, {"dx", 3}, {"dy", 3}});
    EXPECT_EQ(kept(), json({"s1.2"}));
    for (const json& expected :
         {json({"s1.2", "s2.1"}), json({"s1.2", "s2.1"}), json({"s1.2"}), json({"s1.1"}), json::array()}) {
        post_json(at + "/undo");
        EXPECT_EQ(kept(), expected);
    }
    restart();
    EXPECT_EQ(kept(), json::array());
    post_json(at + "/redo");
    EXPECT_EQ(kept(), json({"s1.1"}));
}

// Their steps name no take, and each take has a record of its own the first time that it is kept.
TEST_F(Studio, JournalsOfBeforeStepsNamedTheirTakeSayWhichIsKept) {
    const std::string s = open_map(), at = "sessions/" + s;
    place(s, {{"objects", {4, 5, 6}}, {"count", 2}});
    for (const char* take : {"s1.2", "s1.1", "s1.2"}) post_json(at + "/keep", {{"take", take}});
    const auto journal = storage_.journal("old"), now = storage_.journal("session-" + s);
    int steps = 0;
    for (const std::string& line : now->read()) {
        json record = json::parse(line);
        const bool is_step = record.contains("step");
        const std::string take = is_step ? record["step"]["take"].get<std::string>() : "";
        if (is_step) record["step"].erase("take");
        journal->append(record.dump());
        if (is_step && ++steps <= 2) journal->append(json{{"kept", take}}.dump());
    }
    ASSERT_EQ(steps, 3);
    Session session(small_map(), storage_.journal("old"));
    EXPECT_EQ(session.kept(), std::vector<std::string>{"s1.2"});
    session.undo();
    EXPECT_EQ(session.kept(), std::vector<std::string>{"s1.1"});
}

TEST_F(Studio, TakesAreThrownAwayOneByOneOrTogether) {
    const std::string s = open_map(), at = "sessions/" + s;
    const json set = place(s, {{"objects", {4}}, {"count", 3}});
    post_json(at + "/discard", {{"take", set["takes"][1]["id"]}});
    json sets = get_json(at + "/takes")["sets"];
    ASSERT_EQ(sets[0]["takes"].size(), 2u);
    EXPECT_EQ(sets[0]["takes"][1]["id"], "s1.3");
    restart();
    EXPECT_EQ(get_json(at + "/takes")["sets"], sets);
    const json waiting = post_json(at + "/place", {{"objects", {6}}});
    post_json(at + "/discard", {{"set", waiting["set"]}});
    EXPECT_FALSE(api_->run_next_job()) << "its job is gone, too";
    post_json(at + "/discard", {{"set", "s1"}});
    EXPECT_EQ(get_json(at + "/takes")["sets"], json::array());
    EXPECT_NE(error_of(post(at + "/discard", {{"set", "s1"}}), 404), "");
    EXPECT_NE(error_of(post(at + "/discard", {{"set", ""}}), 404), "");
}

TEST_F(Studio, ATakeThatIsThrownAwayLeavesTheOthersOfItsSetTheirOwn) {
    Session session(small_map(), storage_.journal("session-x"));
    PlaceRequest request;
    request.objects = {4, 5};
    request.count = 3;
    request.seed = 70;
    const std::string set = session.begin_set(request).id;
    const auto places = [&](float shift) {
        std::vector<Vec2> positions(session.now().positions().begin(), session.now().positions().end());
        for (Vec2& p : positions) p.x += shift;
        return positions;
    };
    session.set_running(set, 0);
    const std::string first = session.finish_take(set, 0, places(1)).id;
    session.discard_take(first);
    for (const size_t index : {1, 2}) {
        session.set_running(set, index);
        const Take& take = session.finish_take(set, index, places(static_cast<float>(10 * index)));
        EXPECT_EQ(take.id, fmt::format("{}.{}", set, index + 1));
        EXPECT_EQ(take.seed, 70 + index);
    }
    session.end_set(set);
    const auto& takes = session.set_of(set).takes;
    ASSERT_EQ(takes.size(), 2u);
    EXPECT_EQ(takes[1].positions[0].x - takes[0].positions[0].x, 10);
}

TEST_F(Studio, TheListOfTakesIsLightWhereItIsAskedFor) {
    const std::string s = open_map(), at = "sessions/" + s + "/takes";
    const json first = place(s, {{"objects", {4, 5}}, {"count", 2}});
    const json second = place(s, {{"objects", {6}}, {"count", 1}});
    const json all = get_json(at)["sets"];
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(get_json(at, {{"set", second["id"]}})["sets"], json::array({second}));
    restart();
    json light = get_json(at, {{"shapes", "none"}})["sets"];
    for (size_t set = 0; set < 2; ++set)
        for (size_t take = 0; take < light[set]["takes"].size(); ++take) {
            EXPECT_FALSE(light[set]["takes"][take].contains("shapes"));
            light[set]["takes"][take]["shapes"] = all[set]["takes"][take]["shapes"];
        }
    EXPECT_EQ(light, all);
    EXPECT_NE(error_of(get(at, {{"set", "s9"}}), 404), "");
}

TEST_F(Studio, MoreLikeThisStartsFromTheTakeThatItNames) {
    const std::string s = open_map();
    const json set = place(s, {{"objects", {4, 5, 6}}, {"count", 1}});
    const json& first = set["takes"][0];
    const auto way = [&](double strength) {
        const json more = place(s, {{"objects", {4, 5, 6}},
                                    {"count", 1},
                                    {"seed", 50},
                                    {"strength", strength},
                                    {"base", first["id"]},
                                    {"keepSpacing", false},
                                    {"keepStructure", false}});
        double sum = 0;
        for (const char* i : {"4", "5", "6"})
            sum += std::hypot(
                more["takes"][0]["shapes"][i]["x"].get<double>() - first["shapes"][i]["x"].get<double>(),
                more["takes"][0]["shapes"][i]["y"].get<double>() - first["shapes"][i]["y"].get<double>());
        return sum;
    };
    EXPECT_LT(way(0.05), 60);
    EXPECT_LT(way(0.05), way(1));
}

}  // namespace
}  // namespace osu::studio::test
