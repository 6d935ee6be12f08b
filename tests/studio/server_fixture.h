// A server for tests, with a small network, and a client to ask it.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include "archive/checkpoint.h"
#include "studio/fixture.h"
#include "studio/http/server.h"
#include "support/temporary_folder.h"

namespace osu::studio::test {

using osu::test::TemporaryFolder;

class Http : public ::testing::Test {
  protected:
    Http() { start(); }
    ~Http() override { stop(); }

    void start(const std::string& open = {}) {
        write_checkpoint(folder_ / "small.safetensors", small_checkpoint());
        ServerOptions options;
        options.token = "secret";
        options.data = folder_ / "data";
        options.checkpoint_name = "small.safetensors";
        options.open_checkpoint = [path = folder_ / "small.safetensors"] { return read_checkpoint(path); };
        options.open_device = [] { return open_device({"cpu", "f32"}); };
        options.open = open;
        server_ = std::make_unique<Server>(std::move(options));
        running_ = std::thread([this] { server_->run(); });
    }
    void stop() {
        if (!server_) return;
        server_->stop();
        running_.join();
        server_.reset();
    }
    httplib::Client client(const std::string& token = "secret") const {
        httplib::Client client("127.0.0.1", server_->port());
        if (!token.empty()) client.set_default_headers({{"Authorization", "Bearer " + token}});
        client.set_read_timeout(60);
        return client;
    }
    json get(const std::string& path) const {
        const auto result = client().Get("/api/v1/" + path);
        EXPECT_TRUE(result) << path;
        if (!result) return {};
        EXPECT_EQ(result->status, 200) << path << " " << result->body;
        return json::parse(result->body, nullptr, false);
    }
    json post(const std::string& path, const std::string& body, int status = 200) const {
        const auto result = client().Post("/api/v1/" + path, body, "application/octet-stream");
        EXPECT_TRUE(result) << path;
        if (!result) return {};
        EXPECT_EQ(result->status, status) << path << " " << result->body;
        return json::parse(result->body, nullptr, false);
    }
    std::string open_map(const std::string& name = "map.osu", const std::string& bytes = small_map()) const {
        const json source = post("sources?name=" + name, bytes);
        return post(
            "sessions",
            json{{"source", source["source"]}, {"file", source["maps"][0]["file"]}}.dump())["session"];
    }

    const TemporaryFolder folder_;
    std::unique_ptr<Server> server_;
    std::thread running_;
};

}  // namespace osu::studio::test
