// osu-diffusion: one program, a verb for each thing it does. Errors end here.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "app/command_line.h"
#include "app/verbs.h"
#include "base/error.h"

namespace {

// A thread that waits for the others spins, for milliseconds with OpenMP's own setting. On a machine that has
// other work too it then keeps the core from the very thread it waits for: a sample took twice as long, at
// times ten. A thousand turns bridge what lies between two parallel loops, and cost an idle machine nothing.
// The OpenMP library reads the variable when it is loaded, before main(), so the program starts once more.
void spin_briefly(char** argv) {
    if (std::getenv("GOMP_SPINCOUNT") || std::getenv("OMP_WAIT_POLICY")) return;
    setenv("GOMP_SPINCOUNT", "1000", 1);
    execv("/proc/self/exe", argv);  // where it cannot, all is as before
}

// What is closed of standard input, output and error becomes /dev/null: the next file that is opened would
// get its number, and the messages.
void open_standard_streams() {
    for (int descriptor = 0; descriptor <= 2; ++descriptor)
        if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) open("/dev/null", O_RDWR);
}

// Whoever stops reading what is printed, or sets a limit to files, shall not end a run of many hours with
// nothing saved: the write that fails says so itself.
void survive_failed_writes() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace

int main(int argc, char** argv) {
    open_standard_streams();
    spin_briefly(argv);
    prctl(PR_SET_NAME, "osu-diffusion");  // it would be called "exe"
    survive_failed_writes();
    const auto all_was_printed = [] {
        if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return true;
        std::fprintf(stderr, "error: not all could be written to the standard output\n");
        return false;
    };
    CLI::App app("Remaps osu! beatmaps with a diffusion transformer, and trains one.", "osu-diffusion");
    try {
        osu::declare_command_line(app);
        osu::run_command_line(app, std::vector<std::string>(argv + 1, argv + argc));
        if (all_was_printed()) return 0;
    } catch (const CLI::ParseError& error) {  // help
        if (app.exit(error) == 0 && all_was_printed()) return 0;
    } catch (const osu::Error& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        if (!error.hint().empty()) std::fprintf(stderr, "hint: %s\n", error.hint().c_str());
    } catch (const std::bad_alloc&) {
        std::fprintf(stderr, "error: out of memory\n");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
    }
    return 1;
}
