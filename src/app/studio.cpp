// The verb `studio`: the workbench in the browser, served from here.
#include <csignal>
#include <cstdlib>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>

#include "app/bundled_model.h"
#include "app/flag.h"
#include "app/verbs.h"
#include "base/error.h"
#include "base/parallel.h"
#include "beatmap/osz.h"
#include "data/game_folder.h"
#include "sampling/network.h"
#include "studio/http/handover.h"
#include "studio/http/server.h"

namespace osu {

namespace {

constexpr int usual_port = 7270;

struct StudioFlags {
    std::string map, host = "127.0.0.1", ckpt, data, token;
    int port = usual_port, threads = 0;
    bool port_given = false, no_open = false;
    DeviceChoice device;
};

// The first of the usual programs that is there: Linux, WSL, macOS.
void open_browser(const std::string& address) {
    for (const char* program : {"xdg-open", "wslview", "open"}) {
        const std::string quiet =
            fmt::format("command -v {0} >/dev/null 2>&1 && exec {0} \"$0\" >/dev/null 2>&1", program);
        const char* const arguments[] = {"sh", "-c", quiet.c_str(), address.c_str(), nullptr};
        pid_t process = 0;
        int status = 1;
        if (posix_spawn(&process, "/bin/sh", nullptr, nullptr, const_cast<char**>(arguments), environ) == 0 &&
            waitpid(process, &status, 0) == process && status == 0)
            return;
    }
}

studio::ServerOptions options_of(const StudioFlags& flags) {
    constexpr const char* plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    if (flags.token.find_first_not_of(plain) != std::string::npos)
        fail(Hint{"letters, digits and -._~, or leave --token out: a new one is safer"},
             "'{}' would not be the same in an address", flags.token);
    studio::ServerOptions options;
    options.host = flags.host;
    options.port = flags.port;
    options.any_port = !flags.port_given;
    options.token = flags.token;
    if (const char* page = std::getenv("OSU_STUDIO_PAGE")) options.page_folder = page;
    options.data =
        flags.data.empty() ? Machine::here().data_home / "osu-diffusion" : std::filesystem::path(flags.data);
    options.checkpoint_name = checkpoint_name(std::filesystem::path(flags.ckpt).filename().string());
    options.open_checkpoint = [ckpt = flags.ckpt] { return open_checkpoint(ckpt); };
    options.open = flags.map;
    options.open_device = [choice = flags.device] { return open_device(choice); };
    options.version = OSU_DIFFUSION_VERSION;
    options.threads = thread_count();
    return options;
}

// Whether one runs on the same data, and takes what was to be opened: an archive, or nothing but its page.
bool open_in_running_studio(const studio::ServerOptions& options, bool no_open) {
    std::error_code problem;
    if (!options.open.empty() &&
        (std::filesystem::is_directory(options.open, problem) || is_map_name(options.open)))
        return false;  // what lies in a folder is saved there, which that studio must know
    const std::optional<std::string> address = studio::hand_over(options.data, options.open);
    if (!address) return false;
    fmt::print("a studio runs already, with the options that it was started with: it is at {}\n", *address);
    std::fflush(stdout);
    if (!no_open) open_browser(*address);
    return true;
}

void run_studio(const StudioFlags& flags) {
    set_thread_count(flags.threads);
    // Waited for below, by no thread of the server's.
    sigset_t ends;
    sigemptyset(&ends);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&ends, signal);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    const studio::ServerOptions options = options_of(flags);
    std::unique_ptr<studio::Server> made;
    try {
        made = std::make_unique<studio::Server>(options);
    } catch (const Error&) {
        if (!open_in_running_studio(options, flags.no_open)) throw;
        return;
    }
    studio::Server& server = *made;
    std::thread serving([&] { server.run(); });
    fmt::print("the studio is at {}\nCtrl+C ends it; what was made is kept\n", server.address());
    std::fflush(stdout);
    std::thread browser;
    if (!flags.no_open) browser = std::thread([address = server.address()] { open_browser(address); });
    int signal = 0;
    sigwait(&ends, &signal);
    server.stop();
    serving.join();
    if (browser.joinable()) browser.detach();
}

}  // namespace

void add_studio_verb(CLI::App& app) {
    auto flags = std::make_shared<StudioFlags>();
    CLI::App* verb =
        app.add_subcommand("studio", "Open the workbench in the browser: place, play, compare, keep");
    verb->add_option("map", flags->map,
                     "Open this .osz, .olz, .osu or song folder; or look for maps in this folder");
    CLI::Option* port = verb->add_option("--port", flags->port, "Listen on this port; 0: on any that is free")
                            ->check(CLI::Range(0, 65535));
    verb->add_option("--host", flags->host,
                     "Listen on this address; others than this computer may then come in");
    verb->add_flag("--no-open", flags->no_open, "Print the address alone, and open no browser");
    verb->add_option("--ckpt", flags->ckpt, "Place with this checkpoint")->default_str("the bundled model");
    verb->add_option("--data", flags->data, "Keep what is made in this folder")
        ->default_str("$XDG_DATA_HOME/osu-diffusion");
    verb->add_option("--token", flags->token, "Let in who knows this token")->default_str("a new one");
    add_device_flags(*verb, flags->device);
    add_threads(*verb, flags->threads);
    verb->callback([flags, port] {
        flags->port_given = port->count() > 0;
        run_studio(*flags);
    });
}

}  // namespace osu
