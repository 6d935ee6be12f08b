#include "studio/http/handover.h"

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "studio/http/server.h"
#include "studio/place_request.h"

namespace osu::studio {

using nlohmann::json;

namespace {

constexpr size_t record_limit = 4096;  // bytes
constexpr int patience = 20;           // seconds

// Empty members where somebody damaged the record: then it names no studio.
std::pair<std::string, std::string> read_address(const std::filesystem::path& path) try {
    const json record = json::parse(read_file(path, record_limit), nullptr, false);
    return {member(record, "origin", std::string()), member(record, "token", std::string())};
} catch (const Error&) {
    return {};
}

}  // namespace

std::string record_of_address(const std::string& origin, const std::string& token) {
    return json{{"origin", origin}, {"token", token}}.dump();
}

std::optional<std::string> hand_over(const std::filesystem::path& data,
                                     const std::filesystem::path& archive) {
    std::error_code problem;
    const std::filesystem::path path = data / address_record;
    if (!std::filesystem::exists(path, problem)) return {};
    const auto [origin, token] = read_address(path);
    if (!origin.starts_with("http://")) return {};
    httplib::Client client(origin);
    client.set_read_timeout(patience);
    client.set_default_headers({{"Authorization", "Bearer " + token}});
    const auto about = client.Get("/api/v1/about");
    if (!about || about->status != 200) return {};  // left by one that was killed
    const std::string page = origin + "/?token=" + token;
    if (archive.empty()) return page;
    const std::string name =
        httplib::append_query_params("/api/v1/sources", {{"name", archive.filename().string()}});
    const auto answer = client.Post(name, read_file(archive, body_limit), "application/octet-stream");
    if (!answer) fail("the studio that runs already does not answer");
    const json source = json::parse(answer->body, nullptr, false);
    if (answer->status != 200)
        fail("{}", member(source, "error", std::string("the studio refuses the song")));
    return page + "#source=" + member(source, "source", std::string());
}

}  // namespace osu::studio
