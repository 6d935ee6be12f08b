// osu-diffusion: one program, a verb for each thing it does. Errors end here.
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "app/cli.h"
#include "base/error.h"

int main(int argc, char** argv) {
    CLI::App app("Remaps osu! beatmaps with a diffusion transformer, and trains one.", "osu-diffusion");
    try {
        osu::declare_command_line(app);
        app.parse(argc, argv);
        return 0;
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 1;
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
