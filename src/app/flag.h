// Flags of all verbs: those that the reference has with a value and that a person types without, and which
// numbers make sense. Every flag that takes a number refuses NaN and infinities, one without a sign a minus.
#pragma once

#include <memory>

#include <CLI/CLI.hpp>

#include "ops/devices.h"
#include "sampling/options.h"

namespace osu {

// `--flag` is true; so are `--flag true`, `--flag True` and `--flag 1`; `--flag False` is false.
inline CLI::Option* add_truth(CLI::App& verb, const std::string& name, bool& value,
                              const std::string& description) {
    CLI::Option* option = verb.add_option(name, value, description)->default_str(value ? "true" : "false");
    option->expected(0);  // by this CLI11 takes the bare flag for true, where it would else take the default
    return option->expected(0, 1);
}

CLI::Validator at_least(double least);
CLI::Validator above(double bound);
CLI::Validator finite();  // where the flag's type has a name of its own, such as MS

// --device and --precision; the choice begins as `auto`.
void add_device_flags(CLI::App& verb, DeviceChoice& choice);
// Opens it; a notice goes to standard error.
std::unique_ptr<Backend> open_backend(const DeviceChoice& choice);

// What `sample` and `evaluate` ask of a sampling alike.
void add_sampling_flags(CLI::App& verb, SamplingOptions& options);

CLI::Option* add_threads(CLI::App& verb, int& threads, const std::string& what = {});

// Says on standard error that a flag which was given changes nothing, and why.
void warn_if_idle(const CLI::App& verb, const std::string& flag, bool idle, const std::string& why);

// Refuses what no number of a flag's type should be, on all flags of a verb.
void refuse_odd_numbers(CLI::App& verb);

}  // namespace osu
