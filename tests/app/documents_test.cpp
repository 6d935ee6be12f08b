// What the documents say to type is typed, and every flag that they name is one.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include "app/verbs.h"
#include "base/file.h"
#include "beatmap/osz.h"
#include "support/launched_program.h"
#include "support/map_text.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> documents() {
    std::vector<fs::path> files = {fs::path(OSU_SOURCE_DIR) / "README.md",
                                   fs::path(OSU_SOURCE_DIR) / "models/README.md"};
    for (const auto& entry : fs::directory_iterator(fs::path(OSU_SOURCE_DIR) / "docs"))
        if (entry.path().extension() == ".md") files.push_back(entry.path());
    return files;
}

// The lines of ```sh blocks, without comments behind them.
std::vector<std::string> typed_lines(const fs::path& file) {
    std::vector<std::string> lines;
    std::istringstream text(read_file(file));
    bool shell = false;
    for (std::string line; std::getline(text, line);) {
        if (line.starts_with("```")) {
            shell = line == "```sh";
            continue;
        }
        while (line.ends_with('\\')) {
            std::string more;
            line.pop_back();
            if (std::getline(text, more)) line += more;
        }
        if (line.starts_with('#')) continue;
        const size_t comment = line.find(" #");
        if (comment != std::string::npos) line.resize(comment);
        while (line.ends_with(' ')) line.pop_back();
        if (shell && !line.empty()) lines.push_back(line);
    }
    return lines;
}

class Documents : public testing::Test {
  protected:
    // What the documents' commands are about, by the names that they use.
    void make_files() {
        std::string insane = test::circle_map(100, 10, 40, "somebody");
        insane.replace(insane.find("Version:"),
                       insane.find('\n', insane.find("Version:")) - insane.find("Version:"),
                       "Version:Insane");
        write_file(folder_ / "map.osu", test::circle_map(101, 10, 40, "somebody"));
        write_file(folder_ / "song.osz", std::string("PK\5\6") + std::string(18, '\0'));
        OszArchive(folder_ / "song.osz").write_with(folder_ / "song.osz", "insane.osu", insane);
        for (int i = 0; i < 4; ++i)
            write_file(folder_ / ("maps/" + std::to_string(i) + ".osu"),
                       test::circle_map(123 + 333 * i, 10 + i, 60, "mapper " + std::to_string(i)));
    }
    int run(const std::string& arguments) const {
        const std::string line = "cd '" + folder_.path().string() + "' && '" + test::program_path() + "' " +
                                 arguments + " >said 2>errors";
        const int status = std::system(line.c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    const test::TemporaryFolder folder_;
};

// The same, but of a size for a test: a small network, one step, and the maps of the test for the game's.
std::string in_small(std::string line) {
    const auto replace = [&](const std::string& what, const std::string& with) {
        for (size_t at; (at = line.find(what)) != std::string::npos;) line.replace(at, what.size(), with);
    };
    replace("DiT-S ", "DiT-XS ");
    replace("000-DiT-S/", "000-DiT-XS/");
    replace("0050000.safetensors", "0000001.safetensors");
    replace(" FILE", " results/000-DiT-XS/checkpoints/0000001.safetensors");
    line = std::regex_replace(line, std::regex(" --max-steps [0-9]+"), "");
    if (line.starts_with("train "))
        line += " --global-batch-size 2 --device cpu --max-steps " +
                std::string(line.find("--new-run") == std::string::npos && line.find("--ckpt") != line.npos
                                ? "2"
                                : "1");
    if (line.starts_with("dataset --out")) line += " --from maps";
    if (line.starts_with("evaluate")) line += " --maps 1 --seeds 1 --style-maps 0 --held-out all";
    return line;
}

// In their order, in one folder: some go on with what others have written.
TEST_F(Documents, CommandsRunAsTyped) {
    make_files();
    const std::regex others(
        "^(make|sudo|cmake|mpirun|build/cuda/|build/release/bench|git|scripts/|curl|token=|apt|OSU_|"
        "srun|last=|ctest|FUZZ_SECONDS|python3|\\.venv|export|cd |docker|export|\\}|\\{).*");
    int ran = 0;
    for (const fs::path& file : documents()) {
        // A recipe of many hours, and what tests/studio/ types.
        if (file.parent_path().filename() == "models" || file.stem() == "api") continue;
        for (const std::string& line : typed_lines(file)) {
            const std::string program = "osu-diffusion ";
            if (!line.starts_with(program)) {
                EXPECT_TRUE(std::regex_match(line, others)) << file << ": " << line;
                continue;
            }
            const std::string typed = in_small(line.substr(program.size()));
            if (typed.starts_with("studio")) continue;  // it stays; tests/studio/ opens it
            EXPECT_EQ(run(typed), 0) << file.filename() << ": " << line << "\n"
                                     << typed << "\n"
                                     << read_file(folder_ / "errors");
            ++ran;
        }
    }
    EXPECT_GE(ran, 5);
}

TEST_F(Documents, FlagsExist) {
    CLI::App app;
    declare_command_line(app);
    // Of other programs that the documents speak of.
    std::set<std::string> flags = {"--preset",      "--build",          "--bind-to", "--bind-to-core",
                                   "--target",      "--nproc-per-node", "--check",   "--quick",
                                   "--json",        "--version",        "--help",    "--data-urlencode",
                                   "--data-binary", "--no-buffer",      "--header",  "--fail"};
    for (const CLI::App* verb : app.get_subcommands({}))
        for (const CLI::Option* option : verb->get_options())
            for (const std::string& name : option->get_lnames()) flags.insert("--" + name);
    const std::regex flag("(^|[\\s`(\"])(--[a-z][a-z0-9-]+)");
    for (const fs::path& file : documents()) {
        const std::string name = file.stem().string();  // the others speak of SLURM, benches and tools
        if (name != "README" && name != "sampling" && name != "training") continue;
        const std::string text = read_file(file);
        for (auto at = std::sregex_iterator(text.begin(), text.end(), flag); at != std::sregex_iterator();
             ++at) {
            std::string name = (*at)[2];
            if (!flags.contains(name) && name.starts_with("--no-")) name.erase(2, 3);
            EXPECT_TRUE(flags.contains(name)) << file.filename() << ": " << name;
        }
    }
}

}  // namespace
}  // namespace osu
