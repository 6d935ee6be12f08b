#include "app/verbs.h"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "app/flag.h"
#include "app/manual.h"
#include "ops/devices.h"

namespace osu {

namespace {

// For packages, and whoever installs by hand; no part of --help.
void add_manual_verbs(CLI::App& app) {
    const auto name = std::make_shared<std::string>();
    CLI::App* manual = app.add_subcommand("manual", "Print a man page")->group("");
    manual->add_option("--verb", *name, "Print that of this verb, else of the program");
    manual->callback([&app, name] { fmt::print("{}", man_page(app, *name)); });
    CLI::App* completion = app.add_subcommand("completion", "Print what completes command lines")->group("");
    completion->add_option("shell", *name, "Print it for bash, zsh or fish")->required();
    completion->callback([&app, name] { fmt::print("{}", shell_completion(app, *name)); });
}

}  // namespace

void declare_command_line(CLI::App& app) {
    app.get_formatter()->column_width(38);
    app.set_version_flag("--version", [] {
        return fmt::format("osu-diffusion {} ({})\ncomputes on {}", OSU_DIFFUSION_VERSION,
                           OSU_DIFFUSION_COMMIT, describe_backends());
    });
    app.require_subcommand(1);
    app.option_defaults()->always_capture_default();
    add_dataset_verb(app);
    add_index_verb(app);
    add_styles_verb(app);
    add_convert_verb(app);
    add_inspect_verb(app);
    add_sample_verb(app);
    add_train_verb(app);
    add_evaluate_verb(app);
    add_plot_verb(app);
    add_studio_verb(app);
    add_manual_verbs(app);
    for (CLI::App* verb : app.get_subcommands({})) refuse_odd_numbers(*verb);
}

}  // namespace osu
