// Any bytes as requests to the studio, on a session with a history and takes: answered or refused, and the
// session is still there afterwards. Requests are METHOD PATH?QUERY BODY, below /api/v1/, with a byte 30
// between them; '$' in a path is the session, '@' the source.
#include "base/parallel.h"
#include "studio/api.h"
#include "studio/small_studio.h"

namespace {

using namespace osu;
using namespace osu::studio;

Engine& engine() {
    static Engine small(
        "small.safetensors", [] { return test::small_checkpoint(); },
        [] {
            return open_device({"cpu", "f32"});
        });
    return small;
}

std::string text_of(const Response& response) {
    return std::string(response.body.text());
}

// A session as the disk has it: where a map was moved, placed, and a take kept.
struct Kept {
    std::string session, source;
    std::vector<std::pair<std::string, std::string>> values;
    std::vector<std::string> journal;

    Kept() {
        set_thread_count(1);
        MemoryStorage storage;
        Api api({.storage = storage, .engine = engine()});
        const auto post = [&](const std::string& path, const std::string& body) {
            return nlohmann::json::parse(text_of(api.handle({"POST", "/api/v1/" + path, {}, body})));
        };
        const nlohmann::json opened = post("sources", test::small_map());
        source = opened["source"];
        session = post("sessions", nlohmann::json{{"source", source}, {"file", "map.osu"}}.dump())["session"];
        const std::string at = "sessions/" + session;
        post(at + "/place", R"({"objects":[3,4,5],"count":2,"steps":1})");
        while (api.run_next_job()) {
        }
        post(at + "/keep", R"({"take":"s1.1"})");
        post(at + "/move", R"({"objects":[1],"dx":5,"dy":5})");
        post(at + "/pin", R"({"objects":[2],"pinned":true})");
        for (const std::string& name : storage.names(""))
            values.push_back({name, std::string(storage.get(name)->text())});
        journal = storage.journal("session-" + session)->read();
    }
};

// "a=b&c" as a server decodes it; the fuzzer writes the bytes themselves.
std::map<std::string, std::string> query_of(std::string_view text) {
    std::map<std::string, std::string> query;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        const size_t equal = one.find('=');
        query.emplace(one.substr(0, equal), equal == one.npos ? "" : one.substr(equal + 1));
    }
    return query;
}

Request request_of(std::string_view text, const Kept& kept) {
    const auto word = [&] {
        const std::string_view found = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), found.size() + 1));
        return found;
    };
    Request request;
    request.method = word();
    const std::string_view where = word();
    for (const char c : where.substr(0, where.find('?')))
        request.path += c == '$' ? kept.session : c == '@' ? kept.source : std::string(1, c);
    request.path = "/api/v1/" + request.path;
    if (const size_t mark = where.find('?'); mark != where.npos)
        request.query = query_of(where.substr(mark + 1));
    request.body = text;
    return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const Kept kept;
    constexpr int most_requests = 12;
    MemoryStorage storage;
    for (const auto& [name, content] : kept.values) storage.put(name, content);
    for (const std::string& line : kept.journal) storage.journal("session-" + kept.session)->append(line);
    Api api({.storage = storage, .engine = engine()});
    std::string_view text(reinterpret_cast<const char*>(data), size);
    for (int i = 0; i < most_requests && !text.empty(); ++i) {
        const std::string_view one = text.substr(0, text.find('\x1e'));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        const Response answer = api.handle(request_of(one, kept));
        if (answer.status < 200 || answer.status >= 500) __builtin_trap();
        if (answer.type == "application/json" && !nlohmann::json::accept(text_of(answer))) __builtin_trap();
    }
    // Jobs are begun and end at once: what a network makes of any request would take minutes.
    api.cancel_all();
    while (api.run_next_job()) {
    }
    // What was done is there again, from the journal.
    const Request state{"GET", "/api/v1/sessions/" + kept.session + "/state", {}, {}};
    nlohmann::json before = nlohmann::json::parse(text_of(api.handle(state)));
    Api again({.storage = storage, .engine = engine()});
    nlohmann::json after = nlohmann::json::parse(text_of(again.handle(state)));
    before.erase("revision"), after.erase("revision");
    if (before != after) __builtin_trap();
    return 0;
}
