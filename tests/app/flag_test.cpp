// Numbers that make no sense are told at once, whatever the verb.
#include <gtest/gtest.h>

#include "app/command.h"

namespace osu {
namespace {

TEST(Flags, NumbersThatMakeNoSenseAreErrors) {
    const std::vector<std::vector<std::string>> lines = {
        {"train", "--data-path", "x", "--ema-decay", "nan"},
        {"train", "--data-path", "x", "--lr", "inf"},
        {"train", "--data-path", "x", "--lr", "-1"},
        {"train", "--data-path", "x", "--grad-clip", "NaN"},
        {"train", "--data-path", "x", "--max-steps", "-1"},
        {"train", "--data-path", "x", "--global-batch-size", "0"},
        {"train", "--data-path", "x", "--global-seed", "-1"},
        {"sample", "--beatmap", "x", "--threads", "100000"},
        {"sample", "--beatmap", "x", "--threads", "-1"},
        {"sample", "--beatmap", "x", "--eta", "nan"},
        {"sample", "--beatmap", "x", "--from-ms", "nan"},
        {"sample", "--beatmap", "x", "--cfg-scale", "-inf"},
        {"sample", "--beatmap", "x", "--seed", "-1"},
        {"sample", "--beatmap", "x", "--seed", "18446744073709551616"},
        {"sample", "--beatmap", "x", "--steps", "1000000"},
        {"sample", "--beatmap", "x", "--steps", "99999999999999999999"},
        {"sample", "--beatmap", "x", "--steps", "0"},
        {"dataset", "--from", "x", "--dry-run", "--max-stars", "nan"},
        {"dataset", "--from", "x", "--dry-run", "--min-objects", "-1"},
        {"plot", "--beatmap", "x", "--out", "y.png", "--scale", "0"},
        {"styles", "--ckpt", "x", "--limit", "-3"}};
    for (const std::vector<std::string>& line : lines) {
        const std::string error = test::run_command(line).error;
        const std::string& flag = line[line.size() - 2];
        EXPECT_NE(error.find(flag + ": "), std::string::npos) << flag << " " << line.back() << ": " << error;
        EXPECT_LT(error.size(), 200u) << error;
    }
}

// An imperative with a capital, and no full stop.
TEST(Flags, HelpsSpeakWithOneVoice) {
    CLI::App app;
    declare_command_line(app);
    const auto expect_help = [](const std::string& name, const std::string& help) {
        ASSERT_FALSE(help.empty()) << name;
        EXPECT_TRUE(help[0] >= 'A' && help[0] <= 'Z') << name << ": " << help;
        EXPECT_NE(help.back(), '.') << name << ": " << help;
    };
    for (const CLI::App* verb : app.get_subcommands({})) {
        expect_help(verb->get_name(), verb->get_description());
        for (const CLI::Option* option : verb->get_options())
            expect_help(verb->get_name() + " " + option->get_name(), option->get_description());
    }
}

}  // namespace
}  // namespace osu
