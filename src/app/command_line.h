// What people type, made into what the flags are declared as: a map or its flags without a verb, `help
// sample`, underscores, --no-FLAG, a bare flag in front of a file name. And what is said where that fails:
// the nearest name, the arguments in the order typed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace osu {

// `words`: the command line without the program's name. Error for a verb or a flag that there is not.
std::vector<std::string> as_declared(const CLI::App& app, std::vector<std::string> words);

// Declares nothing; parses `words` and runs the verb that they name. Throws an Error, which with --json is
// printed as an object, too, where the verb has printed none; as CLI11 does for help and the version.
void run_command_line(CLI::App& app, std::vector<std::string> words);

// The names that somebody may have meant, the nearest first; empty where none is near.
std::vector<std::string> nearest_names(std::string_view typed, const std::vector<std::string>& names);

}  // namespace osu
