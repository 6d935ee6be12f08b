// Flags that the reference has with a value, and that a person types without.
#pragma once

#include <CLI/CLI.hpp>

namespace osu {

// `--flag` is true; so are `--flag true`, `--flag True` and `--flag 1`; `--flag False` is false.
inline CLI::Option* add_truth(CLI::App& verb, const std::string& name, bool& value,
                              const std::string& description) {
    CLI::Option* option = verb.add_option(name, value, description)->default_str(value ? "true" : "false");
    option->expected(0);  // by this CLI11 takes the bare flag for true, where it would else take the default
    return option->expected(0, 1);
}

}  // namespace osu
