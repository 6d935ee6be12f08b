#include "studio/http/front.h"

#include <chrono>
#include <regex>

#include "base/error.h"
#include "base/parallel.h"
#include "studio/http/folder_song.h"
#include "studio/http/page.h"
#include "studio/refusal.h"

namespace osu::studio {

namespace {

constexpr size_t most_found = 500;  // sets that a search of the library gives
constexpr auto heartbeat = std::chrono::seconds(10);

constexpr const char* content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' "
    "blob:; "
    "connect-src 'self'; font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

constexpr const char* closed_page =
    "<!doctype html><html lang=en><meta charset=utf-8><title>osu-diffusion studio</title>"
    "<h1>This studio is closed to this address</h1>"
    "<p>Each time it starts, <code>osu-diffusion studio</code> prints an address with a new token: open that "
    "one, with all that follows <code>?token=</code>. What was made is kept, and is there again.</p></html>";

void set_error(httplib::Response& response, int status, const std::string& message,
               const std::string& hint = {}) {
    nlohmann::json json{{"error", message}};
    if (!hint.empty()) json["hint"] = hint;
    response.status = status;
    response.set_content(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                         "application/json");
}

// The library cuts out the ranges that were asked for without a look at where the content ends. So they are
// bounded as RFC 9110 says: what begins behind the end is refused (false), what goes on behind it is cut, and
// several at once are not served: the whole is. The request is the library's own, which is no constant.
bool bound_ranges(const httplib::Request& request, size_t size) {
    httplib::Ranges& ranges = const_cast<httplib::Request&>(request).ranges;
    if (ranges.size() != 1) {
        ranges.clear();
        return true;
    }
    const auto end = static_cast<ssize_t>(size);
    auto& [first, last] = ranges[0];  // −1: left out; a last alone counts from the end
    if (first < 0) {
        first = std::max<ssize_t>(0, end - last);
        last = end - 1;
    } else if (last < 0 || last >= end) {
        last = end - 1;
    }
    const bool there = first < end && first <= last;
    if (!there) ranges.clear();
    return there;
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

void Front::answer(httplib::Server& http) {
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
    http.set_error_handler([this](const auto&, httplib::Response& response) {
        if (!response.body.empty()) return;
        if (response.status == 413)
            set_error(response, 413, fmt::format("that is more than {} MB", parts_.body_limit >> 20),
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
httplib::Server::HandlerResponse Front::admit(const httplib::Request& request,
                                              httplib::Response& response) const {
    using Verdict = httplib::Server::HandlerResponse;
    const std::string host = request.get_header_value("Host");
    if (!parts_.gate.knows_host(host)) {
        set_error(response, 403, "this is not an address of the studio");
        return Verdict::Handled;
    }
    if (!parts_.gate.knows_origin(request.get_header_value("Origin"), host)) {
        set_error(response, 403, "another site may not use the studio");
        return Verdict::Handled;
    }
    const std::string given = request.get_param_value("token");
    if (!parts_.gate.is_let_in(given, request.get_header_value("Cookie"),
                               request.get_header_value("Authorization"))) {
        if (request.path == "/") {  // an old bookmark, most likely
            response.status = 403;
            response.set_content(closed_page, "text/html; charset=utf-8");
            return Verdict::Handled;
        }
        set_error(
            response, 403, "the token is missing or wrong",
            "open the address that osu-diffusion studio printed; programs send Authorization: Bearer TOKEN");
        return Verdict::Handled;
    }
    if (given.empty() || request.path != "/") return Verdict::Unhandled;
    // The token leaves the address, and with it the history of the browser.
    response.set_header("Set-Cookie", parts_.gate.cookie_header());
    response.set_redirect("/", 303);
    return Verdict::Handled;
}

void Front::serve_page(const httplib::Request& request, httplib::Response& response) const {
    const std::string name = request.path.substr(1);
    const std::optional<std::string> file = page_file(name, parts_.page_folder);
    if (!file) return set_error(response, 404, "the page has no " + name);
    response.set_header("Cache-Control", "no-cache");
    response.set_content(*file, page_type(name.empty() ? "index.html" : name));
}

void Front::serve_api(const httplib::Request& request, httplib::Response& response) const {
    thread_local const bool single = (set_thread_count(1), true);  // the cores are the sampling's
    (void)single;
    Request asked{request.method, request.path, {}, request.body};
    for (const auto& [name, value] : request.params) asked.query.emplace(name, value);
    Response answer = disk_route(asked);
    if (answer.status == 0) answer = parts_.api.handle(asked);
    response.set_header("Cache-Control", "no-store");
    if (answer.status != 200 || answer.body.view.empty()) {
        bound_ranges(request, 0);
        response.status = answer.status;
        return response.set_content(std::string(answer.body.text()), answer.type);
    }
    if (!answer.attachment.empty())
        response.set_header("Content-Disposition", disposition(answer.attachment));
    response.set_header("Accept-Ranges", "bytes");
    const Bytes body = answer.body;
    if (!bound_ranges(request, body.view.size())) {
        response.set_header("Content-Range", fmt::format("bytes */{}", body.view.size()));
        return set_error(response, 416, "there is nothing at these bytes",
                         fmt::format("there are {} of them", body.view.size()));
    }
    response.set_content_provider(
        body.view.size(), answer.type, [body](size_t offset, size_t length, httplib::DataSink& sink) {
            return sink.write(reinterpret_cast<const char*>(body.view.data()) + offset, length);
        });
}

// What needs the disk; status 0 for what is the Api's.
Response Front::disk_route(const Request& request) const {
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
            return answered(parts_.library.search(
                text == request.query.end() ? "" : text->second,
                limit == request.query.end() ? 50 : read_number(limit->second, "limit", most_found)));
        }
        if (request.method == "POST" && request.path == "/api/v1/library/open")
            return answered(
                parts_.api.add_song(parts_.library.open(member(parsed_body(request), "id", std::string()))));
        if (request.method == "POST" && std::regex_match(request.path, match, save_route))
            return answered(save(match[1], member(parsed_body(request), "version", std::string())));
    } catch (const Refusal& refusal) {
        return answered(error_json(refusal), refusal.status());
    } catch (const Error& error) {
        return answered(error_json(error), 400);
    }
    return {0};
}

nlohmann::json Front::save(const std::string& session, const std::string& version) const {
    const Api::Export made = parts_.api.export_map(session, version);
    if (made.song->folder.empty())
        refuse(conflict, {"download the .osz, or open the song from the game's folder"},
               "{} lies in no folder", made.song->name);
    const std::filesystem::path folder = std::filesystem::path(made.song->folder) / made.folder_in_song;
    const std::filesystem::path path = save_beside(folder, made.file_name, made.text);
    return {{"path", path.string()},
            {"version", made.version},
            {"hint", "press F5 in the game's song selection: the new difficulty stands beside the others"}};
}

void Front::serve_events(const std::string& session, httplib::Response& response) const {
    if (!parts_.api.has_session(session)) return set_error(response, 404, "there is no session " + session);
    const std::shared_ptr<EventHub::Listener> listener = parts_.hub.listen(session);
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

}  // namespace osu::studio
