#include "studio/http/server.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <regex>
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
#include "studio/http/gate.h"
#include "studio/http/library.h"
#include "studio/http/page.h"
#include "studio/refusal.h"

namespace osu::studio {

namespace {

constexpr size_t body_limit = size_t{160} << 20;  // bytes; sets with a video have a hundred million
constexpr size_t thread_count_of_server = 96;     // each page that listens holds one
constexpr int keep_alive_seconds = 2, connection_queue = 512;
constexpr auto heartbeat = std::chrono::seconds(10);

constexpr const char* content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' "
    "blob:; "
    "connect-src 'self'; font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

void set_error(httplib::Response& response, int status, const std::string& message,
               const std::string& hint = {}) {
    nlohmann::json json{{"error", message}};
    if (!hint.empty()) json["hint"] = hint;
    response.status = status;
    response.set_content(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                         "application/json");
}

// RFC 6266: a plain name for old programs, the true one for all others.
std::string disposition(const std::string& name) {
    std::string plain, encoded;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool safe = std::isalnum(byte) || std::string_view("-._~").find(c) != std::string_view::npos;
        encoded += safe && byte < 0x80 ? std::string(1, c) : fmt::format("%{:02X}", byte);
        plain += byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\' ? '_' : c;
    }
    return fmt::format("attachment; filename=\"{}\"; filename*=UTF-8''{}", plain, encoded);
}

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
    std::string opened;  // behind the address: #SESSION

    std::mutex mutex;
    std::condition_variable job_came;
    bool job_waits = false, stopping = false, running = false;

    std::filesystem::path open_given();
    void listen();
    void set_routes();
    httplib::Server::HandlerResponse admit(const httplib::Request& request, httplib::Response& response);
    void serve_page(const httplib::Request& request, httplib::Response& response);
    void serve_api(const httplib::Request& request, httplib::Response& response);
    Response front_route(const Request& request);
    nlohmann::json save(const std::string& session, const std::string& version);
    void serve_events(const std::string& session, httplib::Response& response);
    void work();
};

Server::Parts::Parts(ServerOptions given)
    : options(std::move(given)),
      storage(options.data),
      engine(
          options.checkpoint.filename().string(), [this] { return read_checkpoint(options.checkpoint); },
          options.open_device),
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
    set_routes();
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
        if (port != 0 && !options.any_port)
            fail(Hint{"give another --port, or 0 for any"}, "port {} of {} is taken", port, options.host);
        port = http.bind_to_any_port(options.host);
        if (port <= 0)
            fail(Hint{"--host is a name or an address of this machine"}, "cannot listen on {}", options.host);
    }
    http.set_socket_options([](socket_t) {});
    ::listen(listening, connection_queue);  // again: the library lets five wait
    gate = std::make_unique<Gate>(options.token, options.host, port);
}

void Server::Parts::set_routes() {
    http.set_pre_routing_handler(
        [this](const auto& request, auto& response) { return admit(request, response); });
    http.set_default_headers({{"Content-Security-Policy", content_security_policy},
                              {"X-Content-Type-Options", "nosniff"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Cross-Origin-Resource-Policy", "same-origin"},
                              {"Cross-Origin-Opener-Policy", "same-origin"}});
    http.set_exception_handler([](const auto&, auto& response, std::exception_ptr problem) {
        try {
            std::rethrow_exception(problem);
        } catch (const std::exception& error) {
            set_error(response, 500, error.what());
        } catch (...) {
            set_error(response, 500, "something went wrong");
        }
    });
    http.set_error_handler([](const auto&, httplib::Response& response) {
        if (!response.body.empty()) return;
        if (response.status == 413)
            set_error(response, 413, fmt::format("that is more than {} MB", body_limit >> 20),
                      "leave the video out of the archive");
        else if (response.status == 400)
            set_error(response, 400, "the request cannot be read", "a POST says how long its body is");
        else
            set_error(response, response.status, "there is nothing here");
    });
    http.Get(R"(/api/v1/sessions/([0-9a-f]+)/events)",
             [this](const auto& request, auto& response) { serve_events(request.matches[1], response); });
    const auto api_route = [this](const auto& request, auto& response) { serve_api(request, response); };
    http.Get(R"(/api/.*)", api_route);
    http.Post(R"(/api/.*)", api_route);
    http.Get(R"(/.*)", [this](const auto& request, auto& response) { serve_page(request, response); });
}

// Before anything is read of a request but its head.
httplib::Server::HandlerResponse Server::Parts::admit(const httplib::Request& request,
                                                      httplib::Response& response) {
    using Verdict = httplib::Server::HandlerResponse;
    const std::string host = request.get_header_value("Host");
    if (!gate->knows_host(host)) {
        set_error(response, 403, "this is not an address of the studio");
        return Verdict::Handled;
    }
    if (!gate->knows_origin(request.get_header_value("Origin"), host)) {
        set_error(response, 403, "another site may not use the studio");
        return Verdict::Handled;
    }
    const std::string given = request.get_param_value("token");
    if (!gate->is_let_in(given, request.get_header_value("Cookie"),
                         request.get_header_value("Authorization"))) {
        set_error(
            response, 403, "the token is missing or wrong",
            "open the address that osu-diffusion studio printed; programs send Authorization: Bearer TOKEN");
        return Verdict::Handled;
    }
    if (given.empty() || request.path != "/") return Verdict::Unhandled;
    // The token leaves the address, and with it the history of the browser.
    response.set_header("Set-Cookie", gate->cookie_header());
    response.set_redirect("/", 303);
    return Verdict::Handled;
}

void Server::Parts::serve_page(const httplib::Request& request, httplib::Response& response) {
    const std::string name = request.path.substr(1);
    const std::optional<std::string> file = page_file(name, options.page_folder);
    if (!file) return set_error(response, 404, "the page has no " + name);
    response.set_header("Cache-Control", "no-cache");
    response.set_content(*file, page_type(name.empty() ? "index.html" : name));
}

void Server::Parts::serve_api(const httplib::Request& request, httplib::Response& response) {
    thread_local const bool single = (set_thread_count(1), true);  // the cores are the sampling's
    (void)single;
    Request asked{request.method, request.path, {}, request.body};
    for (const auto& [name, value] : request.params) asked.query.emplace(name, value);
    Response answer = front_route(asked);
    if (answer.status == 0) answer = api.handle(asked);
    response.set_header("Cache-Control", "no-store");
    if (answer.status != 200 || answer.body.view.empty()) {
        response.status = answer.status;
        return response.set_content(std::string(answer.body.text()), answer.type);
    }
    if (!answer.attachment.empty())
        response.set_header("Content-Disposition", disposition(answer.attachment));
    response.set_header("Accept-Ranges", "bytes");
    const Bytes body = answer.body;
    // The library cuts out the range that is asked for.
    response.set_content_provider(
        body.view.size(), answer.type, [body](size_t offset, size_t length, httplib::DataSink& sink) {
            return sink.write(reinterpret_cast<const char*>(body.view.data()) + offset, length);
        });
}

// What needs the disk; status 0 for what is the Api's.
Response Server::Parts::front_route(const Request& request) {
    const auto answered = [](const nlohmann::json& json, int status = 200) {
        return Response{status,
                        "application/json",
                        Bytes::of(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)),
                        {}};
    };
    static const std::regex save_route("/api/v1/sessions/([0-9a-f]+)/save");
    std::smatch match;
    try {
        if (request.method == "GET" && request.path == "/api/v1/library") {
            const auto text = request.query.find("q"), limit = request.query.find("limit");
            const size_t count =
                limit == request.query.end() ? 50 : std::strtoul(limit->second.c_str(), nullptr, 10);
            return answered(library->search(text == request.query.end() ? "" : text->second,
                                            std::min<size_t>(count, 500)));
        }
        if (request.method == "POST" && request.path == "/api/v1/library/open")
            return answered(api.add_song(library->open(member(parsed_body(request), "id", std::string()))));
        if (request.method == "POST" && std::regex_match(request.path, match, save_route))
            return answered(save(match[1], member(parsed_body(request), "version", std::string())));
    } catch (const Refusal& refusal) {
        return answered(error_json(refusal), refusal.status());
    } catch (const Error& error) {
        return answered(error_json(error), 400);
    }
    return {0};
}

nlohmann::json Server::Parts::save(const std::string& session, const std::string& version) {
    const Api::Export made = api.export_map(session, version);
    if (made.song->folder.empty())
        refuse(conflict, {"download the .osz, or open the song from the game's folder"},
               "{} lies in no folder", made.song->name);
    const std::filesystem::path folder = std::filesystem::path(made.song->folder) / made.folder_in_song;
    const std::filesystem::path path = save_beside(folder, made.file_name, made.text);
    return {{"path", path.string()},
            {"version", made.version},
            {"hint", "press F5 in the game's song selection: the new difficulty stands beside the others"}};
}

void Server::Parts::serve_events(const std::string& session, httplib::Response& response) {
    if (!api.has_session(session)) return set_error(response, 404, "there is no session " + session);
    const std::shared_ptr<EventHub::Listener> listener = hub.listen(session);
    if (!listener) return set_error(response, 503, "too many pages listen already", "close some tabs");
    response.set_header("Cache-Control", "no-store");
    response.set_chunked_content_provider(
        "text/event-stream", [listener, begun = false](size_t, httplib::DataSink& sink) mutable {
            const auto write = [&](const std::string& text) { return sink.write(text.data(), text.size()); };
            if (!std::exchange(begun, true)) return write("retry: 500\n\n");
            bool open = true;
            const std::optional<std::string> event = listener->next(heartbeat, open);
            if (!open) {
                sink.done();
                return true;
            }
            return write(event ? "data: " + *event + "\n\n" : ": \n\n");
        });
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
