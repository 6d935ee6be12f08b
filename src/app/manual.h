// What is made from the declared flags beside --help: man pages, and what completes a command line in a
// shell.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace osu {

// The man page in roff of the program, or of a verb: osu-diffusion(1), osu-diffusion-VERB(1). Error for an
// unknown verb.
std::string man_page(const CLI::App& app, std::string_view verb);

// A script for bash, zsh or fish that completes verbs, flags, the values of those that have a list of them,
// and files. Error for another shell.
std::string shell_completion(const CLI::App& app, std::string_view shell);

}  // namespace osu
