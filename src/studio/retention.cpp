#include "studio/retention.h"

#include <set>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "studio/place_request.h"

namespace osu::studio {

using nlohmann::json;

namespace {

// "abc" of "session-abc.json"; empty for other names.
std::string id_in(const std::string& name, std::string_view before, std::string_view behind) {
    if (!name.starts_with(before) || !name.ends_with(behind)) return {};
    return name.substr(before.size(), name.size() - before.size() - behind.size());
}

bool is_forgotten(Storage& storage, const std::string& id, const json& about, int64_t now) {
    return now - member(about, "when", now) > looked_at_for &&
           storage.journal("session-" + id)->read().empty();
}

}  // namespace

void tidy(Storage& storage, int64_t now) {
    std::set<std::string> sources;
    for (const std::string& name : storage.names("session-")) {
        const std::string id = id_in(name, "session-", ".json");
        if (id.empty()) continue;
        try {
            const std::optional<Bytes> content = storage.get(name);
            const json about = content ? json::parse(content->text(), nullptr, false) : json();
            // What cannot be read may be mended by hand: its song could be any.
            if (!about.is_object()) return;
            if (is_forgotten(storage, id, about, now)) {
                storage.remove("session-" + id + ".json");
                storage.remove("session-" + id + ".osu");
            } else {
                sources.insert(member(about, "source", std::string()));
            }
        } catch (const Error&) {  // another time
            return;
        }
    }
    for (const std::string& name : storage.names("song-"))
        for (const char* end : {".osz", ".json"})
            if (const std::string id = id_in(name, "song-", end); !id.empty() && !sources.count(id))
                storage.remove(name);
}

}  // namespace osu::studio
