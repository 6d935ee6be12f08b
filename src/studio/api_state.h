// What the parts of Api share: an open session, and small helpers of answers.
#pragma once

#include <string>

#include "studio/api.h"

namespace osu::studio {

struct Api::Open {
    std::string id, file;  // file: the map's name in its song
    std::shared_ptr<Song> song;
    Session session;
    Bytes scene;                            // computed once
    std::map<std::string, Response> files;  // read lately, by what was asked: audio comes piece by piece
    uint64_t last_used = 0;
};

// A job with all that it needs, so that it works without the lock.
struct Api::Place {
    std::shared_ptr<Job> job;
    OpenSession open;
    std::shared_ptr<const SourceMap> source;
    std::vector<Vec2> from;       // (T) px: where fixed datapoints stay, and from where strength starts
    std::vector<uint8_t> fixed;   // (T)
    std::vector<uint64_t> seeds;  // of the takes
};

inline std::string dumped(const nlohmann::json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

inline Response answer(const nlohmann::json& json, int status = 200) {
    return {status, "application/json", Bytes::of(dumped(json)), {}};
}

}  // namespace osu::studio
