#include "studio/api.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "beatmap/numbers.h"
#include "data/digest.h"
#include "sampling/steps.h"
#include "studio/api_state.h"
#include "studio/refusal.h"
#include "studio/retention.h"
#include "studio/styles.h"

namespace osu::studio {

using nlohmann::json;

namespace {

constexpr std::string_view root = "/api/v1/";
constexpr size_t most_open = 12, most_songs = 8, most_recent = 50, most_styles = 1000;
constexpr size_t json_limit = size_t{4} << 20;  // bytes of a request in JSON
constexpr size_t id_digits = 24;

std::vector<std::string> parts_of(std::string_view path) {
    std::vector<std::string> parts;
    Fields fields(path, '/');
    for (std::string_view part; fields.next(part);) parts.emplace_back(part);
    return parts;
}

std::string query(const Request& request, const char* name) {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::string() : found->second;
}

size_t limit_of(const Request& request, size_t usual, size_t most) {
    const std::string text = query(request, "limit");
    return text.empty() ? usual : read_number(text, "limit", most);
}

int64_t seconds_now() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

void want(const Request& request, const char* method) {
    if (request.method != method)
        refuse(405, {fmt::format("it answers {}", method)}, "{} is not for {}", request.path, request.method);
}

}  // namespace

json error_json(const Error& error) {
    json about{{"error", error.what()}};
    if (!error.hint().empty()) about["hint"] = error.hint();
    return about;
}

size_t read_number(const std::string& text, const char* what, size_t most) {
    size_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || end != text.data() + text.size())
        fail(Hint{"a whole number from 0"}, "'{}' is no {}", text, what);
    return std::min(number, most);
}

json parsed_body(const Request& request) {
    if (request.body.size() > json_limit) refuse(too_large, {}, "a request's JSON is at most 4 MiB");
    if (request.body.empty()) return json::object();
    json body = json::parse(request.body, nullptr, false);
    if (!body.is_object()) fail("the request's body is no JSON object");
    return body;
}

Api::Api(ApiOptions options) : options_(std::move(options)) {
    tidy(options_.storage, seconds_now());
}
Api::~Api() = default;

Response Api::handle(const Request& request) {
    try {
        return route(request);
    } catch (const Refusal& refusal) {
        return answer(error_json(refusal), refusal.status());
    } catch (const Error& error) {
        return answer(error_json(error), 400);
    } catch (const std::bad_alloc&) {
        return answer({{"error", "there is not enough memory for this"}}, 500);
    } catch (const std::exception& error) {
        return answer({{"error", error.what()}}, 500);
    }
}

Response Api::route(const Request& request) {
    if (!request.path.starts_with(root)) refuse(not_found, {}, "there is nothing at {}", request.path);
    const std::vector<std::string> parts = parts_of(std::string_view(request.path).substr(root.size()));
    const std::string& first = parts[0];
    const std::string second = parts.size() > 1 ? parts[1] : "";
    if (first == "about" && parts.size() == 1) return answer(about());
    if (first == "recent" && parts.size() == 1) return answer(recent());
    if (first == "styles" && parts.size() <= 2) return answer(styles(request, second));
    if (first == "sources" && parts.size() == 1) {
        want(request, "POST");
        return answer(add_song(open_song(Bytes::of(request.body), query(request, "name"))));
    }
    if (first == "sources" && parts.size() == 2) {
        want(request, "GET");
        const std::lock_guard lock(mutex_);
        return answer(described(*song(second)));
    }
    if (first == "example" && parts.size() == 1 && options_.open_example) {
        want(request, "POST");
        return answer(add_song(options_.open_example()));
    }
    if (first == "sessions" && parts.size() == 1) {
        want(request, "POST");
        const json body = parsed_body(request);
        return answer({{"session", open_session(member(body, "source", std::string()),
                                                member(body, "file", std::string()))}});
    }
    if (first == "sessions") {
        const size_t begin = root.size() + first.size() + 1 + second.size();
        return session_route(request, second, request.path.substr(std::min(begin + 1, request.path.size())));
    }
    refuse(not_found, {"docs/api.md lists what there is"}, "there is nothing at {}", request.path);
}

json Api::about() {
    json can = json::object();
    for (const char* what : {"library", "saveBeside"})
        can[what] =
            std::find(options_.front_can.begin(), options_.front_can.end(), what) != options_.front_can.end();
    json model{{"file", to_utf8(options_.engine.file())}};
    CheckpointInfo made_for;
    try {
        const CheckpointInfo& info = options_.engine.info();
        made_for.student_steps = info.student_steps;
        model["name"] = info.config.name();
        model["window"] = info.window();
        model["styles"] = options_.engine.known().size();
    } catch (const Error& error) {
        model["problem"] = error_json(error);
    }
    return {{"version", options_.version},
            {"model", std::move(model)},
            {"device", options_.engine.device()},
            {"threads", options_.threads},
            {"can", std::move(can)},
            {"defaults",
             {{"steps", sampling_steps({}, made_for).steps()},
              {"sampler", sampler_name({}, made_for)},
              {"count", default_count},
              {"strength", 1},
              {"cfgScale", {{"none", cfg_of_none}, {"map", cfg_of_map}, {"mapper", cfg_of_mapper}}}}},
            {"fast", true}};
}

json Api::styles(const Request& request, const std::string& what) {
    want(request, "GET");
    Engine& engine = options_.engine;
    if (what.empty())
        return search_styles(engine.known(), query(request, "q"), limit_of(request, 30, most_styles));
    if (what == "points") return style_points(engine.known(), engine.weights());
    if (what != "like") refuse(not_found, {}, "there is nothing at {}", request.path);
    const std::lock_guard lock(mutex_);
    const OpenSession open = session(query(request, "session"));
    return to_json(
        maps_like(engine.known(), open->session.source().map.metadata, limit_of(request, 20, 200)));
}

json Api::add_song(std::shared_ptr<Song> song) {
    json maps = described(*song);
    const std::lock_guard lock(mutex_);
    hold_song(song);
    return maps;
}

// The last used ones stay in memory.
void Api::hold_song(const std::shared_ptr<Song>& song) {
    songs_[song->id] = song;
    std::erase(song_order_, song->id);
    song_order_.push_back(song->id);
    while (song_order_.size() > most_songs) {
        songs_.erase(song_order_.front());
        song_order_.erase(song_order_.begin());
    }
}

// So that a session can be opened again by a program that was started anew.
void Api::keep_song(const std::shared_ptr<Song>& song) {
    const std::string about = dumped({{"name", song->name}, {"folder", song->folder}});
    if (const auto known = options_.storage.get("song-" + song->id + ".json");
        !known || known->text() != about)
        options_.storage.put("song-" + song->id + ".json", about);
    if (!song->folder.empty()) return;
    const std::string name = "song-" + song->id + ".osz";
    if (options_.storage.get(name)) return;
    options_.storage.put(name, song->content().text());
}

std::shared_ptr<Song> Api::song(const std::string& id) {
    if (const auto found = songs_.find(id); found != songs_.end()) return found->second;
    const std::optional<Bytes> about = options_.storage.get("song-" + id + ".json");
    if (!about) refuse(not_found, {"open it again"}, "there is no source {}", id);
    const json record = json::parse(about->text(), nullptr, false);
    if (!record.is_object())
        refuse(not_found, {"open it again"}, "what is known of source {} is damaged", id);
    const std::string folder = member(record, "folder", std::string());
    std::shared_ptr<Song> song;
    if (folder.empty()) {
        const std::optional<Bytes> content = options_.storage.get("song-" + id + ".osz");
        if (!content) refuse(not_found, {"open it again"}, "the content of source {} is gone", id);
        song = open_song(*content, member(record, "name", std::string()));
    } else {
        if (!options_.open_folder) refuse(not_found, {}, "{} cannot be opened here", folder);
        song = options_.open_folder(folder);
    }
    hold_song(song);
    return song;
}

std::string Api::open_session(const std::string& source, const std::string& file) {
    const std::lock_guard lock(mutex_);
    const std::shared_ptr<Song> from = song(source);
    const std::string text = from->read(file, beatmap_size_limit);
    const std::string id = sha256_of(text).substr(0, id_digits);
    if (const auto found = open_.find(id); found != open_.end()) {
        found->second->song = from;
        found->second->file = file;
        found->second->scene = {};
        found->second->files.clear();
    } else {
        auto open = std::make_shared<Open>(
            Open{id, file, from, Session(text, options_.storage.journal("session-" + id)), {}, {}, 0});
        if (!options_.storage.get("session-" + id + ".osu"))  // named by its content
            options_.storage.put("session-" + id + ".osu", text);
        open_[id] = std::move(open);
    }
    keep_song(from);
    remember(*session(id));
    return id;
}

// What `recent` tells, and what opens it again. Once it is there, a disk that is full may keep it from being
// newer: the steps themselves are in the journal.
void Api::remember(const Open& open) {
    const Metadata& about = open.session.source().map.metadata;
    const std::string name = "session-" + open.id + ".json";
    const json record{{"session", open.id},    {"source", open.song->id},
                      {"file", open.file},     {"artist", about.artist},
                      {"title", about.title},  {"version", about.version},
                      {"when", seconds_now()}, {"steps", open.session.history().steps().size()}};
    try {
        options_.storage.put(name, dumped(record));
    } catch (const Error&) {
        if (!options_.storage.get(name)) throw;
    }
}

bool Api::has_session(const std::string& id) {
    const std::lock_guard lock(mutex_);
    try {
        session(id);
        return true;
    } catch (const Error&) {
        return false;
    }
}

Api::OpenSession Api::session(const std::string& id) {
    auto found = open_.find(id);
    if (found == open_.end()) {
        const bool plain = id.find_first_not_of("0123456789abcdef") == std::string::npos;
        const auto about =
            plain && !id.empty() ? options_.storage.get("session-" + id + ".json") : std::nullopt;
        const auto text = about ? options_.storage.get("session-" + id + ".osu") : std::nullopt;
        if (!text)
            refuse(not_found, {"open its map again (POST /api/v1/sessions)"}, "there is no session {}", id);
        const json record = json::parse(about->text(), nullptr, false);
        if (!record.is_object()) refuse(not_found, {}, "what is known of session {} is damaged", id);
        auto open = std::make_shared<Open>(
            Open{id,
                 member(record, "file", std::string()),
                 song(member(record, "source", std::string())),
                 Session(std::string(text->text()), options_.storage.journal("session-" + id)),
                 {},
                 {},
                 0});
        found = open_.emplace(id, std::move(open)).first;
    }
    const OpenSession open = found->second;
    open->last_used = ++clock_;
    close_old_sessions();
    return open;
}

// All of them is on the disk.
void Api::close_old_sessions() {
    while (open_.size() > most_open) {
        auto oldest = open_.end();
        for (auto one = open_.begin(); one != open_.end(); ++one)
            if (!queue_.has(one->first) &&
                (oldest == open_.end() || one->second->last_used < oldest->second->last_used))
                oldest = one;
        if (oldest == open_.end() || oldest->second->last_used == clock_) return;
        open_.erase(oldest);
    }
}

json Api::recent() {
    std::vector<json> sessions;
    for (const std::string& name : options_.storage.names("session-")) {
        if (!name.ends_with(".json")) continue;
        const std::optional<Bytes> content = options_.storage.get(name);
        json record = content ? json::parse(content->text(), nullptr, false) : json();
        if (record.is_object() && record.contains("when")) sessions.push_back(std::move(record));
    }
    std::stable_sort(sessions.begin(), sessions.end(), [](const json& a, const json& b) {
        return member(a, "when", int64_t{0}) > member(b, "when", int64_t{0});
    });
    if (sessions.size() > most_recent) sessions.resize(most_recent);
    return {{"sessions", sessions}};
}

void Api::emit(const std::string& session, const json& event) {
    if (options_.on_event) options_.on_event(session, dumped(event));
}

}  // namespace osu::studio
