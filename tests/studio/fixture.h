// A small studio for tests, all in memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "ops/devices.h"
#include "studio/api.h"
#include "studio/small_studio.h"
#include "support/goldens.h"

namespace osu::studio::test {

using nlohmann::json;

class Studio : public ::testing::Test {
  protected:
    Studio() { restart(); }

    // As if the program had ended and begun anew: what is kept is in storage_.
    void restart() {
        api_.reset();
        events_.clear();
        api_ = std::make_unique<Api>(ApiOptions{
            .storage = storage_,
            .engine = engine_,
            .on_event = [this](const std::string&,
                               const std::string& event) { events_.push_back(json::parse(event)); },
            .version = "test"});
    }
    Response get(const std::string& path, std::map<std::string, std::string> query = {}) {
        return api_->handle({"GET", "/api/v1/" + path, std::move(query), {}});
    }
    json get_json(const std::string& path, std::map<std::string, std::string> query = {}) {
        const Response response = get(path, std::move(query));
        EXPECT_EQ(response.status, 200) << path << " " << response.body.text();
        return json::parse(response.body.text());
    }
    Response post(const std::string& path, const json& body = json::object()) {
        return api_->handle({"POST", "/api/v1/" + path, {}, body.dump()});
    }
    json post_json(const std::string& path, const json& body = json::object()) {
        const Response response = post(path, body);
        EXPECT_EQ(response.status, 200) << path << " " << response.body.text();
        return json::parse(response.body.text());
    }
    // The error's text; the status must be as expected.
    std::string error_of(const Response& response, int status) {
        EXPECT_EQ(response.status, status) << response.body.text();
        const json body = json::parse(response.body.text(), nullptr, false);
        return body.is_object() && body.contains("error") ? body["error"].get<std::string>() : "";
    }
    json open_source(const std::string& name, const std::string& bytes) {
        const Response response = api_->handle({"POST", "/api/v1/sources", {{"name", name}}, bytes});
        return json::parse(response.body.text());
    }
    std::string open_map(const std::string& text = small_map()) {
        const json source = open_source("map.osu", text);
        return post_json("sessions",
                         {{"source", source["source"]}, {"file", source["maps"][0]["file"]}})["session"];
    }
    json state(const std::string& session) { return get_json("sessions/" + session + "/state"); }
    void run_jobs() {
        while (api_->run_next_job()) {
        }
    }
    // The takes of a section, made.
    json place(const std::string& session, json request) {
        const json placed = post_json("sessions/" + session + "/place", request);
        run_jobs();
        const json sets = get_json("sessions/" + session + "/takes")["sets"];
        for (const json& set : sets)
            if (set["id"] == placed["set"]) return set;
        ADD_FAILURE() << "no set " << placed.dump();
        return {};
    }
    std::vector<std::string> event_types() const {
        std::vector<std::string> types;
        for (const json& event : events_) types.push_back(event["type"]);
        return types;
    }

    MemoryStorage storage_;
    Engine engine_{"small.safetensors", [] { return small_checkpoint(); },
                   [] {
                       return open_device({"cpu", "f32"});
                   }};
    std::vector<json> events_;
    std::unique_ptr<Api> api_;
};

}  // namespace osu::studio::test
