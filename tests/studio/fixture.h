// A small studio for tests: a network of random weights, a map of circles and sliders, all in memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "model/parameters.h"
#include "ops/devices.h"
#include "sampling/checkpoint_metadata.h"
#include "studio/api.h"
#include "support/goldens.h"

namespace osu::studio::test {

using nlohmann::json;

// Of 4 classes; IDs 101 to 104, two of them by "somebody".
inline Checkpoint small_checkpoint() {
    const DitConfig config{1, 32, 2, 4};
    const ParameterLayout layout{config};
    const auto values = std::make_shared<std::vector<float>>(layout.size());
    Philox(1).fill_normal(*values);
    for (float& value : *values) value *= 0.03f;
    Checkpoint made;
    made.model = parameter_views(layout, *values);
    made.storage.push_back(values);
    CheckpointInfo info;
    info.config = config;
    std::vector<LabelEntry> labels(4);
    for (int i = 0; i < 4; ++i) {
        labels[i].label = i;
        labels[i].beatmap_id = 101 + i;
        labels[i].creator = i < 2 ? "somebody" : "mapper " + std::to_string(i);
        labels[i].artist = "band";
        labels[i].title = "song " + std::to_string(i);
        labels[i].version = "Hard";
    }
    info.labels = LabelIndex(std::move(labels));
    set_metadata(made, info);
    return made;
}

// Twelve circles, a slider between every third and the next; 250 ms apart.
inline std::string small_map(const std::string& version = "Hard", int mode = 0) {
    std::string text = fmt::format(
        "osu file format v14\r\n\r\n[General]\r\nAudioFilename: song.mp3\r\nSampleSet: Soft\r\nMode: "
        "{}\r\n\r\n"
        "[Metadata]\r\nTitle:song\r\nArtist:band\r\nCreator:somebody\r\nVersion:{}\r\nBeatmapID:77\r\n\r\n"
        "[Difficulty]\r\nHPDrainRate:5\r\nCircleSize:4\r\nOverallDifficulty:8\r\nApproachRate:9\r\n"
        "SliderMultiplier:1.4\r\nSliderTickRate:1\r\n\r\n[Events]\r\n0,0,\"bg.jpg\",0,0\r\n\r\n"
        "[TimingPoints]\r\n0,500,4,2,1,60,1,0\r\n\r\n[HitObjects]\r\n",
        mode, version);
    for (int i = 0; i < 16; ++i) {
        const int x = 60 + i * 97 % 380, y = 50 + i * 61 % 270, time = 1000 + 500 * i;
        if (i % 4 == 3)
            text += fmt::format("{},{},{},2,8,B|{}:{}|{}:{},1,70,2|8,0:0|0:0,0:0:0:0:\r\n", x, y, time,
                                x + 30, y + 10, x + 50, y + 50);
        else
            text += fmt::format("{},{},{},{},0,0:0:0:0:\r\n", x, y, time, i % 4 == 0 ? 5 : 1);
    }
    return text;
}

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
