// The command line as a whole.
#pragma once

namespace CLI {
class App;
}

namespace osu {

void declare_command_line(CLI::App& app);

}  // namespace osu
