// The studio for programs: requests and answers as docs/api.md has them, without a network, threads or files.
// A server hands it what comes in by HTTP, a page's worker what its page asks.
//
//   Api api({storage, engine, on_event});
//   Response answer = api.handle({"GET", "/api/v1/about"});
//   while (api.run_next_job()) {}             the takes; elsewhere, on a thread of its own
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "sampling/options.h"
#include "studio/engine.h"
#include "studio/jobs.h"
#include "studio/session.h"
#include "studio/song.h"
#include "studio/storage.h"

namespace osu::studio {

struct Request {
    std::string method, path;                  // "GET", "/api/v1/about"
    std::map<std::string, std::string> query;  // decoded
    std::string body;
};

// The body as a JSON object, empty without one; Error otherwise.
nlohmann::json parsed_body(const Request& request);
// A whole number of a query, at most `most`. Error for what is none, which calls it `what`.
size_t read_number(const std::string& text, const char* what, size_t most);

struct Response {
    int status = 200;
    std::string type = "application/json";
    Bytes body;
    std::string attachment;  // the name to save it under; empty: to be shown
};

struct ApiOptions {
    Storage& storage;
    Engine& engine;
    // Told under the Api's lock: it must return soon and ask nothing of the Api. `event`: JSON.
    std::function<void(const std::string& session, const std::string& event)> on_event;
    std::function<void()> on_job;  // a job waits: likewise
    // What the front can do beside: "library", "saveBeside".
    std::vector<std::string> front_can;
    // The song in a folder of the disk; empty where there are none.
    std::function<std::shared_ptr<Song>(const std::string& folder)> open_folder;
    std::function<std::shared_ptr<Song>()> open_example;
    std::string version;
    int threads = 1;
};

// {error, hint?}
nlohmann::json error_json(const Error& error);

class PreviewClock;

class Api {
  public:
    explicit Api(ApiOptions options);
    ~Api();

    // From any thread. Errors become answers.
    Response handle(const Request& request);
    // Makes the takes of the job that has waited longest, from one thread; false: none waits.
    bool run_next_job();
    void cancel_all();  // at the program's end: the job that runs ends within a step

    // A song that the front has found; the answer of POST sources.
    nlohmann::json add_song(std::shared_ptr<Song> song);
    // The session of a map of it: the one that there is, or a new one.
    std::string open_session(const std::string& source, const std::string& file);
    // For a front that writes beside the source.
    struct Export {
        std::shared_ptr<Song> song;
        std::string folder_in_song, file_name, text, version;
    };
    Export export_map(const std::string& session, const std::string& version);
    bool has_session(const std::string& session);  // open, or to be opened again

  private:
    struct Open;
    struct Place;
    using OpenSession = std::shared_ptr<Open>;
    using Json = nlohmann::json;

    const ApiOptions options_;
    std::mutex mutex_;
    std::map<std::string, OpenSession> open_;
    std::map<std::string, std::shared_ptr<Song>> songs_;
    std::vector<std::string> song_order_;  // the last used last
    JobQueue queue_;
    uint64_t clock_ = 0;

    Response route(const Request& request);
    Response session_route(const Request& request, const std::string& id, const std::string& what);
    Response session_get(const Request& request, const OpenSession& open, const std::string& what);
    Json session_post(const OpenSession& open, const std::string& what, const Json& body);
    Json about();
    Json recent();
    Json styles(const Request& request, const std::string& what);

    std::shared_ptr<Song> song(const std::string& id);
    void hold_song(const std::shared_ptr<Song>& song);
    void keep_song(const std::shared_ptr<Song>& song);
    OpenSession session(const std::string& id);  // opens it again where it must; Refusal for an unknown one
    void close_old_sessions();
    void remember(const Open& open);
    Response scene(Open& open);
    Response file(Open& open, const std::string& what, std::unique_lock<std::mutex>& lock);
    Json place(const OpenSession& open, PlaceRequest request, bool keep_when_done);
    void check_style(const StyleChoice& style, const Beatmap& map);
    void settle(const OpenSession& open, const std::vector<uint32_t>& objects, int count, Json& answer);
    void cancel(const OpenSession& open, const std::string& job);
    void emit(const std::string& session, const Json& event);
    void tell_change(Open& open);
    // Of run_next_job():
    void prepare(Place& work);
    void make_takes(const Place& work);
    bool begin_take(const Place& work, size_t index);  // false: cancelled
    void tell_step(const Place& work, size_t first, const SamplingStep& step, PreviewClock& clock);
    bool end_take(const Place& work, size_t index, const std::vector<Vec2>& positions);
    void end_job(const Place& work, const Json& problem);
};

}  // namespace osu::studio
