// Man pages and completions hold what the flags say.
#include "app/manual.h"

#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include "app/verbs.h"
#include "base/error.h"
#include "base/file.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

class Manual : public testing::Test {
  protected:
    Manual() { declare_command_line(app); }
    CLI::App app{"Remaps beatmaps.", "osu-diffusion"};
};

TEST_F(Manual, PagesHaveEveryVerbAndFlag) {
    const std::string page = man_page(app, "");
    for (const CLI::App* verb : app.get_subcommands({})) {
        if (verb->get_group().empty()) {
            EXPECT_EQ(page.find("osu\\-diffusion\\-" + verb->get_name()), std::string::npos) << "hidden";
            continue;
        }
        EXPECT_NE(page.find("osu\\-diffusion\\-" + verb->get_name()), std::string::npos) << verb->get_name();
        const std::string of_verb = man_page(app, verb->get_name());
        for (const CLI::Option* option : verb->get_options()) {
            for (const std::string& name : option->get_lnames()) {
                std::string escaped = "\\-\\-";
                for (const char c : name) escaped += c == '-' ? std::string("\\-") : std::string(1, c);
                EXPECT_NE(of_verb.find(escaped), std::string::npos) << verb->get_name() << " --" << name;
            }
        }
    }
    EXPECT_THROW(man_page(app, "samle"), Error);
}

// What bash offers for a command line whose last word is being typed.
std::string offered(const std::string& script, const std::string& words, int at) {
    const test::TemporaryFolder folder;
    const std::string name = folder / "complete";
    write_file(name, script + "\nCOMP_WORDS=(" + words + ")\nCOMP_CWORD=" + std::to_string(at) +
                         "\n_osu_diffusion\necho \"${COMPREPLY[*]}\"\n");
    FILE* bash = popen(("bash " + name + " 2>&1").c_str(), "r");
    std::string result;
    for (int c = std::fgetc(bash); c != EOF; c = std::fgetc(bash)) result += static_cast<char>(c);
    EXPECT_EQ(pclose(bash), 0);
    return result;
}

TEST_F(Manual, BashCompletesVerbsFlagsAndValues) {
    const std::string script = shell_completion(app, "bash");
    EXPECT_EQ(offered(script, "osu-diffusion sam", 1), "sample\n");
    EXPECT_EQ(offered(script, "osu-diffusion sample --num-v", 2), "--num-variants\n");
    EXPECT_EQ(offered(script, "osu-diffusion sample --sampler dp", 3), "dpm++\n");
    EXPECT_EQ(offered(script, "osu-diffusion sample --beatmap x", 3), "\n") << "bash goes on with files";
    EXPECT_EQ(offered(script, "osu-diffusion sample --sampler = dp", 4), "dpm++\n");
    EXPECT_EQ(offered(script, "osu-diffusion sample --sampler =", 3), "ddpm ddim dpm++\n");
    EXPECT_EQ(offered(script, "osu-diffusion sample --no-keep-sp", 2), "--no-keep-spacing\n");
    EXPECT_EQ(offered(script, "osu-diffusion help st", 2), "styles studio\n");
}

TEST_F(Manual, BashCompletesAMapWithoutAVerb) {
    const std::string script = shell_completion(app, "bash");
    EXPECT_EQ(offered(script, "osu-diffusion map.osu --style-i", 2), "--style-id\n");
    EXPECT_EQ(offered(script, "osu-diffusion --style-i", 1), "--style-id\n");
    EXPECT_EQ(offered(script, "osu-diffusion map.osu --sampler dp", 3), "dpm++\n");
}

TEST_F(Manual, PagesSayWhatStandsWithoutAFlag) {
    EXPECT_NE(man_page(app, "sample").find("[\\fIOPTIONS\\fR]\n\\fIMAP\\fR ...\n"), std::string::npos);
    EXPECT_NE(man_page(app, "sample").find("5 for a mapper, 3 for a map"), std::string::npos)
        << "--cfg-scale";
    EXPECT_NE(man_page(app, "plot").find("\\fIMAP\\fR ...\n"), std::string::npos);
    EXPECT_NE(man_page(app, "convert").find("\\fIFROM\\fR\n\\fITO\\fR\n"), std::string::npos);
    EXPECT_NE(man_page(app, "studio").find("[\\fIMAP\\fR]\n"), std::string::npos);
}

TEST_F(Manual, OtherShellsHaveEveryVerb) {
    for (const char* shell : {"zsh", "fish"}) {
        const std::string script = shell_completion(app, shell);
        for (const CLI::App* verb : app.get_subcommands({})) {
            if (verb->get_group().empty()) continue;
            EXPECT_NE(script.find(verb->get_name()), std::string::npos) << shell << " " << verb->get_name();
        }
        EXPECT_NE(script.find("num-variants"), std::string::npos);
    }
    EXPECT_THROW(shell_completion(app, "tcsh"), Error);
}

}  // namespace
}  // namespace osu
