#include "studio/http/server.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <httplib.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "beatmap/osz.h"
#include "studio/api.h"
#include "studio/example.h"
#include "studio/http/event_hub.h"
#include "studio/http/file_storage.h"
#include "studio/http/folder_song.h"
#include "studio/http/front.h"
#include "studio/http/gate.h"
#include "studio/http/handover.h"
#include "studio/http/library.h"
#include "studio/http/page.h"

namespace osu::studio {

namespace {

constexpr size_t thread_count_of_server = 96;  // each page that listens holds one
constexpr int keep_alive_seconds = 2, connection_queue = 512;

}  // namespace

struct Server::Parts {
    explicit Parts(ServerOptions given);

    const ServerOptions options;
    FileStorage storage;
    Engine engine;
    EventHub hub;
    Api api;
    std::unique_ptr<Library> library;
    httplib::Server http;
    std::unique_ptr<Gate> gate;
    std::unique_ptr<Front> front;
    std::string opened;  // behind the address: #SESSION

    std::mutex mutex;
    std::condition_variable job_came;
    bool job_waits = false, stopping = false, running = false;

    std::filesystem::path open_given();
    void listen();
    void work();
};

Server::Parts::Parts(ServerOptions given)
    : options(std::move(given)),
      storage(options.data),
      engine(options.checkpoint_name, options.open_checkpoint, options.open_device),
      api({.storage = storage,
           .engine = engine,
           .on_event = [this](const std::string& session,
                              const std::string& event) { hub.send(session, event); },
           .on_job =
               [this] {
                   const std::lock_guard lock(mutex);
                   job_waits = true;
                   job_came.notify_one();
               },
           .front_can = {"library", "saveBeside"},
           .open_folder = [](const std::string& folder) { return open_folder_song(folder); },
           .open_example = [] { return example_song(std::string(embedded_example())); },
           .version = options.version,
           .threads = options.threads}) {
    const std::filesystem::path songs = open_given();
    library = std::make_unique<Library>(songs);
    listen();
    front = std::make_unique<Front>(Front::Parts{*gate, api, *library, hub, body_limit, options.page_folder});
    front->answer(http);
    storage.put(address_record, record_of_address(gate->origin(), gate->token()));
}

// What the program was started with: a map's session, or a song's difficulties to choose from, is then the
// page's address. Returns the folder to look for songs in; empty for the game's own.
std::filesystem::path Server::Parts::open_given() {
    const std::filesystem::path path = options.open;
    if (path.empty()) return {};
    std::error_code problem;
    std::shared_ptr<Song> song;
    std::string file;
    if (std::filesystem::is_directory(path, problem)) {
        song = open_folder_song(path);
        const std::vector<std::string> names = song->names();
        if (std::none_of(names.begin(), names.end(), [](const std::string& name) {
                return name.find('/') == std::string::npos && is_map_name(name);
            }))
            return path;
    } else if (is_map_name(path.filename().string())) {
        song = open_folder_song(std::filesystem::absolute(path).parent_path());
        file = path.filename().string();
    } else {
        song = open_song(Bytes::of(read_file(path, body_limit)), path.filename().string());
    }
    const nlohmann::json maps = api.add_song(song)["maps"];
    std::vector<std::string> usable;
    for (const nlohmann::json& map : maps)
        if (!map.contains("problem")) usable.push_back(map["file"]);
    if (file.empty() && usable.size() == 1) file = usable[0];
    opened = "#source=" + song->id;
    if (!file.empty()) opened = "#" + api.open_session(song->id, file);
    return {};
}

void Server::Parts::listen() {
    http.new_task_queue = [] { return new httplib::ThreadPool(thread_count_of_server); };
    http.set_payload_max_length(body_limit);
    http.set_keep_alive_timeout(keep_alive_seconds);
    http.set_keep_alive_max_count(1000);
    http.set_tcp_nodelay(true);
    // The library's own lets two programs share a port: half of the requests would go to the other.
    int listening = -1;
    http.set_socket_options([&listening](socket_t socket) {
        const int yes = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        listening = socket;
    });
    int port = options.port;
    if (port == 0 || !http.bind_to_port(options.host, port)) {
        const bool this_port_alone = port != 0 && !options.any_port;
        const int any_port = http.bind_to_any_port(options.host);
        if (any_port <= 0)
            fail(Hint{"--host is a name or an address of this machine"}, "cannot listen on {}", options.host);
        if (this_port_alone)
            fail(Hint{"give another --port, or 0 for any"}, "port {} of {} is taken", port, options.host);
        port = any_port;
    }
    http.set_socket_options([](socket_t) {});
    ::listen(listening, connection_queue);  // again: the library lets five wait
    gate = std::make_unique<Gate>(options.token, options.host, port);
}

// The thread that samples. The weights are made ready while the page is being looked at.
void Server::Parts::work() {
    set_thread_count(options.threads);
    try {
        engine.network();
    } catch (const std::exception&) {  // whoever places is told
    }
    for (;;) {
        while (api.run_next_job()) {
        }
        std::unique_lock lock(mutex);
        job_came.wait(lock, [&] { return job_waits || stopping; });
        if (stopping) return;
        job_waits = false;
    }
}

Server::Server(ServerOptions options) : parts_(std::make_unique<Parts>(std::move(options))) {}

Server::~Server() {
    stop();
    parts_->storage.remove(address_record);
}

std::string Server::address() const {
    return parts_->gate->address() + parts_->opened;
}

int Server::port() const {
    return parts_->gate->port();
}

const std::string& Server::token() const {
    return parts_->gate->token();
}

void Server::run() {
    {
        const std::lock_guard lock(parts_->mutex);
        if (parts_->stopping) return;
        parts_->running = true;
    }
    std::thread worker([this] { parts_->work(); });
    parts_->http.listen_after_bind();
    {
        const std::lock_guard lock(parts_->mutex);
        parts_->running = false;
    }
    stop();
    worker.join();
}

void Server::stop() {
    {
        const std::lock_guard lock(parts_->mutex);
        parts_->stopping = true;
        parts_->job_came.notify_all();
    }
    parts_->api.cancel_all();
    parts_->hub.close();
    // The library forgets a stop that comes before it listens.
    const auto is_starting = [this] {
        const std::lock_guard lock(parts_->mutex);
        return parts_->running && !parts_->http.is_running();
    };
    while (is_starting()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    parts_->http.stop();
}

}  // namespace osu::studio
