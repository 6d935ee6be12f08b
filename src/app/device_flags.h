// Where and in which type the network is computed, as flags say it.
#pragma once

#include <CLI/CLI.hpp>

#include "ops/devices.h"

namespace osu {

// --device and --precision; the choice begins as `auto`.
void add_device_flags(CLI::App& verb, DeviceChoice& choice);

// Opens it; a notice goes to stderr.
std::unique_ptr<Backend> open_backend(const DeviceChoice& choice);

}  // namespace osu
