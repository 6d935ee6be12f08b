// What CLI11 says against a command line, by the names and in the order that were typed.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace osu {

// `words`: the verb and what stood behind it.
[[noreturn]] void fail_as_typed(const CLI::App& app, const CLI::App* verb,
                                const std::vector<std::string>& words, const CLI::ParseError& error);

}  // namespace osu
