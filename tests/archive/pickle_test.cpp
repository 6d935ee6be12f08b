#include "archive/pickle.h"

#include <gtest/gtest.h>

#include "archive/pickle_machine.h"
#include "base/error.h"
#include "base/file.h"
#include "support/goldens.h"
#include "support/python.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

using namespace std::string_literals;
using IntMap = std::map<int64_t, int64_t>;

TEST(Pickle, ReadsTheReferencesIndex) {
    SHARED_OR_SKIP(path, "golden/beatmap_idx_tiny.pickle");
    EXPECT_EQ(parse_pickled_int_map(read_file(path)),
              (IntMap{{519007, 0}, {519010, 1}, {519008, 2}, {4000000, 3}}));
}

TEST(Pickle, IntMapsComeBack) {
    const IntMap map = {{-1, 0},
                        {0, 255},
                        {255, 256},
                        {256, 65535},
                        {65536, -129},
                        {INT32_MAX, INT32_MIN},
                        {INT64_MIN, INT64_MAX},
                        {int64_t{1} << 40, -(int64_t{1} << 33)}};
    EXPECT_EQ(parse_pickled_int_map(pickle_int_map(map)), map);
    EXPECT_EQ(parse_pickled_int_map(pickle_int_map({})), IntMap{});
}

TEST(Pickle, PythonReadsOurIntMap) {
    PYTHON_OR_SKIP("pickle");
    const test::TemporaryFolder folder;
    const auto path = folder / "a.pickle";
    write_file(path, pickle_int_map({{-1, 0}, {300, 70000}, {int64_t{1} << 40, INT64_MIN}}));
    EXPECT_EQ(
        test::run_python("import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')))", path.string()),
        "{-1: 0, 300: 70000, 1099511627776: -9223372036854775808}\n");
}

TEST(Pickle, ReadsTheBinaryProtocolsOfPython) {
    PYTHON_OR_SKIP("pickle");
    const test::TemporaryFolder folder;
    const auto path = folder / "a.pickle";
    for (int protocol = 2; protocol <= 5; ++protocol) {
        test::run_python(
            fmt::format("import pickle, sys; pickle.dump({{1: 2, -5: 70000, 2**40: -2**63, 300: 0}}, "
                        "open(sys.argv[1], 'wb'), {})",
                        protocol),
            path.string());
        EXPECT_EQ(parse_pickled_int_map(read_file(path)),
                  (IntMap{{1, 2}, {-5, 70000}, {int64_t{1} << 40, INT64_MIN}, {300, 0}}))
            << protocol;

        test::run_python(fmt::format("import pickle, sys, argparse, collections\n"
                                     "shared = ['a\\n\\u2713\\'', b'\\x00\\xff', bytearray(b'xy')]\n"
                                     "pickle.dump({{'list': shared, 'again': shared, 'tuple': (1.5, None, "
                                     "True, False), 'set': {{7}}, 'big': 2**100,\n"
                                     "  'space': argparse.Namespace(depth=12), 'ordered': "
                                     "collections.OrderedDict(x=3), 'none': ()}},\n"
                                     "  open(sys.argv[1], 'wb'), {})",
                                     protocol),
                         path.string());
        const std::string bytes = read_file(path);
        std::string_view rest = bytes;
        const Pickle pickle = Pickle::read(rest);
        EXPECT_TRUE(rest.empty());
        const auto at = [&](std::string_view key) { return pickle.find(pickle.root(), key).value(); };
        EXPECT_EQ(pickle[pickle[at("list")].items.at(0)].text, "a\n✓'") << protocol;
        EXPECT_EQ(at("list"), at("again"));
        EXPECT_EQ(pickle[pickle[at("tuple")].items.at(0)].real, 1.5);
        EXPECT_EQ(pickle[pickle[at("tuple")].items.at(1)].kind, PickleKind::none);
        EXPECT_EQ(pickle[pickle[at("tuple")].items.at(2)].integer, 1);
        EXPECT_EQ(pickle[pickle[at("tuple")].items.at(3)].kind, PickleKind::boolean);
        EXPECT_EQ(pickle[at("big")].kind, PickleKind::big_integer);
        EXPECT_EQ(pickle[at("none")].kind, PickleKind::tuple);
        ASSERT_TRUE(pickle.is_dict(at("ordered"))) << protocol;
        EXPECT_EQ(pickle[pickle.find(at("ordered"), "x").value()].integer, 3);
        ASSERT_EQ(pickle[at("space")].kind, PickleKind::object);
        EXPECT_EQ(pickle[pickle.find(pickle[at("space")].items[2], "depth").value()].integer, 12) << protocol;
        EXPECT_EQ(pickle[at("set")].kind, protocol >= 4 ? PickleKind::set : PickleKind::object);
    }
}

TEST(Pickle, ExecutesNothing) {
    const std::string_view attack =
        "\x80\x02"
        "cos\nsystem\nU\x1dtouch /tmp/osu_pickle_attack\x85R.";
    std::string_view rest = attack;
    const Pickle pickle = Pickle::read(rest);
    const PickleValue& root = pickle[pickle.root()];
    ASSERT_EQ(root.kind, PickleKind::object);
    EXPECT_TRUE(pickle.is_global(root.items[0], "os", "system"));
    EXPECT_FALSE(std::filesystem::exists("/tmp/osu_pickle_attack"));
    EXPECT_THROW(parse_pickled_int_map(attack), Error);
}

TEST(Pickle, NamesWhatIsWrong) {
    const auto error_of = [](std::string_view pickle) -> std::string {
        try {
            parse_pickled_int_map(pickle);
        } catch (const Error& error) {
            return error.what();
        }
        return "no error";
    };
    const std::pair<std::string, std::string> cases[] = {
        {"", "ends in the middle"},
        {"\x80\x02", "ends in the middle"},
        {"}", "ends in the middle"},
        {".", "stack is empty"},
        {"?", "unknown opcode 0x3f"},
        {"\x80\x09}.", "protocol is unknown"},
        {"].", "no dict"},
        {"h\x05.", "recalls value 5"},
        {"}K\x01s.", "stack is empty"},
        {"}(K\x01u.", "no value"},
        {"}u.", "no mark"},
        {"(.", "stack is empty"},
        {"}K\x01]s.", "entry 0"},
        {"X\xff\xff\xff\xff", "ends in the middle"},
        {"Ix\n.", "is no number"},
        {"I1\n.", "no dict"},
        {"g7\n.", "recalls value 7"},
        {"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "ends in the middle"},
        {"K\x01K\x02"
         "a.",
         "holds none"}};
    for (const auto& [pickle, part] : cases)
        EXPECT_NE(error_of(pickle).find(part), std::string::npos)
            << error_of(pickle) << " says nothing of " << part;
}

// A list that holds itself, lists in lists a million deep, and a tower that would be 2^64 items if it were
// copied.
TEST(Pickle, HostileNestingCostsNothing) {
    std::string_view self =
        "]q\x01h\x01"
        "a.";
    EXPECT_NO_THROW(Pickle::read(self));
    std::string deep = std::string(1'000'000, ']') + std::string(999'999, 'a') + ".";
    std::string_view deep_view = deep;
    EXPECT_NO_THROW(Pickle::read(deep_view));
    std::string tower = "]q"s + '\0';
    for (char level = 1; level < 64; ++level)
        tower += "]("s + 'h' + char(level - 1) + 'h' + char(level - 1) + "eq" + level;
    tower += '.';
    std::string_view tower_view = tower;
    EXPECT_NO_THROW(Pickle::read(tower_view));
}

TEST(Pickle, ReadsProtocol0) {
    EXPECT_EQ(parse_pickled_int_map("(dp0\nI5\nI7\nsL1099511627776L\nI-3\ns."),
              (IntMap{{5, 7}, {int64_t{1} << 40, -3}}));
    EXPECT_THROW(parse_pickled_int_map("(dp0\nI5\nF7.5\ns."), Error);
    EXPECT_THROW(parse_pickled_int_map("(dp0\nI5x\nI7\ns."), Error);
    EXPECT_THROW(parse_pickled_int_map("(dp0\nL99999999999999999999L\nI7\ns."), Error);
    EXPECT_THROW(parse_pickled_int_map("(dp0\nI5\nI7\n"), Error);
}

TEST(Pickle, ReadsIntegersOfNumPy) {
    PYTHON_OR_SKIP("numpy");
    const test::TemporaryFolder folder;
    const auto path = folder / "a.pickle";
    for (int protocol = 0; protocol <= 5; ++protocol) {
        test::run_python(
            fmt::format("import pickle, sys, numpy as n; pickle.dump({{n.int64(200): n.int32(-5), "
                        "n.uint8(200): n.uint16(65535), 7: n.int64(2**40)}}, "
                        "open(sys.argv[1], 'wb'), {})",
                        protocol),
            path.string());
        if (protocol == 0) continue;  // its strings have escapes, which no index needs
        EXPECT_EQ(parse_pickled_int_map(read_file(path)), (IntMap{{200, 65535}, {7, int64_t{1} << 40}}))
            << protocol;
    }
}

}  // namespace
}  // namespace osu
