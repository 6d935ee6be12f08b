#include "data/label_index.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "archive/pickle.h"
#include "base/error.h"
#include "base/file.h"
#include "support/goldens.h"

namespace osu {
namespace {

LabelIndex small() {
    return LabelIndex({{{500, 10, "Mapper", "artist", "title", "Hard"}, 3},
                       {{100, 10, "mapper", "artist", "title", "Easy"}, 0},
                       {{0, -1, "Other", "a \"quoted\" artist", "題", "Normal"}, 1},
                       {{500, 11, "Third", "artist", "other", "copy"}, 2}});
}

TEST(LabelIndexTest, FindsMapsAndMappers) {
    const LabelIndex index = small();
    EXPECT_EQ(index.class_count(), 4);
    EXPECT_EQ(index.find(100), 0);
    EXPECT_EQ(index.find(500), 2) << "of several maps with one ID the first counts";
    EXPECT_EQ(index.find(101), -1);
    EXPECT_EQ(index.find(0), -1) << "no ID is not an ID";
    EXPECT_EQ(index.by_creator("MAPPER"), (std::vector<int32_t>{0, 3}));
    EXPECT_TRUE(index.by_creator("Mapp").empty());
    EXPECT_EQ(index.by_beatmap_id(), (std::map<int64_t, int64_t>{{100, 0}, {500, 2}}));
    EXPECT_EQ(LabelIndex().class_count(), 0);
}

TEST(LabelIndexTest, AGuestsDifficultyIsTheGuests) {
    const LabelIndex index({{{1, 10, "Ann", "artist", "title", "Hard"}, 0},
                            {{2, 10, "Ann", "artist", "title", "Bob's Insane"}, 1},
                            {{3, 11, "bob", "artist", "other", "Normal"}, 2},
                            {{4, 11, "bob", "artist", "other", "ann's Easy"}, 3},
                            {{5, 12, "Zoe", "artist", "third", "Ann's Collab"}, 4}});
    EXPECT_EQ(index.by_mapper("ANN"), (std::vector<int32_t>{0, 3}));
    EXPECT_EQ(index.by_mapper("Bob"), (std::vector<int32_t>{1, 2}));
    EXPECT_EQ(index.by_mapper("Zoe"), (std::vector<int32_t>{4})) << "whose maps are nobody's alone";
    EXPECT_TRUE(index.by_mapper("An").empty());
    EXPECT_EQ(index.mappers()[1], index.mappers()[2]) << "one spelling";
}

// As the reference's pickle has them, too: sixty thousand keys of one object.
TEST(LabelIndexTest, SaysWhoMadeEachMap) {
    const auto map = [](const char* creator, const char* version) {
        LabelEntry entry;
        entry.creator = creator;
        entry.version = version;
        return entry;
    };
    const std::vector<LabelEntry> entries = {map("Sakura Hana", "Insane"),
                                             map("nevo", "Hard"),
                                             map("Nevo", "Easy"),
                                             map("Nevo", "Light Sakura Hana\u2019s Hard"),
                                             map("Nevo", "Kroytz' Extra"),
                                             map("Nevo", "KROYTZ' Hard"),
                                             map("Nevo", "Insane de sakura hana 2"),
                                             map("Nevo", "Joie de Vivre"),
                                             map("Nevo", "It's over"),
                                             map("Nevo", "Nevo & Ann's Collab"),
                                             map("", "Hard")};
    std::vector<const LabelEntry*> all;
    for (const LabelEntry& entry : entries) all.push_back(&entry);
    EXPECT_EQ(mappers_of(all),
              (std::vector<std::string>{"Sakura Hana", "nevo", "nevo", "Sakura Hana", "Kroytz", "Kroytz",
                                        "Sakura Hana", "nevo", "nevo", "", ""}));
}

TEST(LabelIndexTest, PairsAreManyAndFieldsAreFew) {
    std::string text = "{\"version\": 1, \"maps\": [{\"class\": 4, \"beatmap_id\": 9";
    EXPECT_EQ(parse_label_index(text + "}]}").find(9), 4) << "beside other keys";
    for (int i = 0; i < 200; ++i) text += fmt::format(", \"x{}\": {{}}", i);
    EXPECT_THROW(parse_label_index(text + "}]}"), Error);
    text = "{\"0\": 0";
    for (int i = 1; i < 60000; ++i) text += fmt::format(",\"{}\": {}", i, i);
    EXPECT_EQ(parse_label_index(text + "}").class_count(), 60000);
}

TEST(LabelIndexTest, NamesTheNearestIds) {
    std::vector<LabelEntry> entries;
    for (const int64_t id : {10, 20, 30, 40, 90}) entries.push_back({{id}, static_cast<int32_t>(id)});
    const LabelIndex index(entries);
    EXPECT_EQ(index.nearest_ids(33, 3), (std::vector<int64_t>{30, 40, 20}));
    EXPECT_EQ(index.nearest_ids(20, 2), (std::vector<int64_t>{20, 10}));
    EXPECT_EQ(index.nearest_ids(1000, 9), (std::vector<int64_t>{90, 40, 30, 20, 10}));
    EXPECT_EQ(index.nearest_ids(1, 2), (std::vector<int64_t>{10, 20}));
    EXPECT_TRUE(LabelIndex().nearest_ids(5, 3).empty());
}

TEST(LabelIndexTest, NamesTheNearestMappers) {
    std::vector<LabelEntry> entries(5);
    const char* names[] = {"Sotarks", "Sotark Fan", "Monstrata", "monstrata", "Lasse"};
    for (int i = 0; i < 5; ++i) entries[i].label = i, entries[i].creator = names[i];
    const LabelIndex index(entries);
    EXPECT_EQ(index.nearest_creators("sotark", 5), (std::vector<std::string>{"Sotark Fan", "Sotarks"}));
    EXPECT_EQ(index.nearest_creators("Monstrta", 1), std::vector<std::string>{"Monstrata"});
    EXPECT_EQ(index.nearest_creators("lase", 5), std::vector<std::string>{"Lasse"});
    EXPECT_TRUE(index.nearest_creators("somebody else", 5).empty());
    EXPECT_TRUE(index.nearest_creators(std::string(1 << 20, 'x'), 5).empty());
}

TEST(LabelIndexTest, ReadsBackWhatItWrites) {
    const LabelIndex index = small();
    EXPECT_EQ(parse_label_index(index.to_json()).entries(), index.entries());
    const LabelIndex pickled = parse_label_index(pickle_int_map(index.by_beatmap_id()));
    EXPECT_EQ(pickled.by_beatmap_id(), index.by_beatmap_id());
    EXPECT_EQ(parse_label_index(" {\"7\": 3, \"9\": 0}").by_beatmap_id(),
              (std::map<int64_t, int64_t>{{7, 3}, {9, 0}}));
    EXPECT_EQ(parse_label_index("\xef\xbb\xbf{\"7\": 3}").by_beatmap_id(),
              (std::map<int64_t, int64_t>{{7, 3}}))
        << "behind a byte order mark";
    EXPECT_TRUE(parse_label_index(LabelIndex().to_json()).entries().empty());
    for (const char* bad : {"",
                            "{",
                            "[1]",
                            "{\"x\": 1}",
                            "{\"1\": \"x\"}",
                            "{\"1\": -1}",
                            "{\"1\": 3000000000}",
                            "{\"maps\": [{\"beatmap_id\": 1}]}",
                            "{\"maps\": [3]}",
                            "text",
                            "{\"5\":1.9}",
                            "{\"5\": 1e30}",
                            "{\"5\": 18446744073709551615}",
                            "{\"5\": true}",
                            "{\"maps\": [{\"class\": 1.5}]}",
                            "{\"maps\": [{\"class\": 1, \"beatmap_id\": 1e30}]}",
                            "{\"maps\": 3}",
                            "{\"5\": [1]}",
                            "{\"5\": {}}",
                            "{\"7\": 1, \"x\": 2}"})
        EXPECT_THROW(parse_label_index(bad), Error) << bad;
}

TEST(LabelIndexTest, ReadsThePickleOfTheReference) {
    SHARED_OR_SKIP(file, "golden/beatmap_idx_tiny.pickle");
    const std::string pickle = read_file(file);
    const LabelIndex index = parse_label_index(pickle);
    EXPECT_EQ(index.by_beatmap_id(), parse_pickled_int_map(pickle));
    EXPECT_GT(index.class_count(), 0);
}

}  // namespace
}  // namespace osu
