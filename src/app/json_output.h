// One JSON object on standard output: what --json prints, whatever happens.
#pragma once

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace osu {

inline void print_json(const nlohmann::json& value) {
    fmt::print("{}\n", value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

// {"error", "hint"}, as run_command_line() prints it for a verb that has printed nothing.
inline nlohmann::json json_of(const Error& error) {
    return {{"error", error.what()}, {"hint", error.hint()}};
}

// An error that comes behind the object, which says it too.
class ToldInJson : public Error {
  public:
    using Error::Error;
};

}  // namespace osu
