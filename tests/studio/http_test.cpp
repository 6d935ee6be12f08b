// The studio over HTTP: who is let in, what is too much, what survives, what comes as it happens.
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <future>
#include <set>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/wait.h>

#include "archive/checkpoint.h"
#include "base/file.h"
#include "beatmap/osz.h"
#include "studio/http/file_storage.h"
#include "studio/http/gate.h"
#include "studio/http/handover.h"
#include "studio/server_fixture.h"
#include "support/launched_program.h"
#include "support/temporary_folder.h"

namespace osu::studio::test {
namespace {

using osu::test::TemporaryFolder;

TEST_F(Http, OnlyWhoHasTheTokenIsLetIn) {
    for (const char* path : {"/", "/api/v1/about", "/main.js", "/api/v1/sessions/abc/events"}) {
        EXPECT_EQ(client("").Get(path)->status, 403) << path;
        EXPECT_EQ(client("wrong!").Get(path)->status, 403) << path;
        EXPECT_EQ(client("secre").Get(path)->status, 403) << path;
    }
    EXPECT_EQ(client().Get("/api/v1/about")->status, 200);
    EXPECT_EQ(client("").Get("/?token=wrong")->status, 403);
    const auto first = client("").Get("/?token=secret");
    EXPECT_EQ(first->status, 303);
    EXPECT_EQ(first->get_header_value("Location"), "/");
    const std::string cookie = first->get_header_value("Set-Cookie");
    EXPECT_NE(cookie.find("SameSite=Strict"), std::string::npos);
    EXPECT_NE(cookie.find("HttpOnly"), std::string::npos);
    const std::string pair = cookie.substr(0, cookie.find(';'));
    EXPECT_EQ(client("").Get("/", {{"Cookie", "other=1; " + pair}})->status, 200);
    EXPECT_EQ(client("").Get("/", {{"Cookie", pair + "x"}})->status, 403);
}

TEST_F(Http, OtherSitesAndOtherNamesAreRefused) {
    const std::string port = std::to_string(server_->port());
    const auto status = [&](httplib::Headers headers) {
        return client().Post("/api/v1/example", headers, "", "text/plain")->status;
    };
    EXPECT_EQ(status({{"Origin", "http://evil.example"}}), 403);
    EXPECT_EQ(status({{"Origin", "null"}}), 403);
    EXPECT_EQ(status({{"Origin", "http://127.0.0.1:" + port}, {"Host", "127.0.0.1:" + port}}), 200);
    EXPECT_EQ(status({{"Host", "evil.example:" + port}}), 403);
    EXPECT_EQ(status({{"Host", "localhost:" + port}}), 200);
    EXPECT_EQ(status({{"Host", "localhost:1"}}), 403);
}

TEST_F(Http, AStopThatComesAtOnceIsNotForgotten) {
    for (int i = 0; i < 5; ++i) {
        stop();
        start();
    }
    get("about");
}

TEST(Gate, KnowsItsNames) {
    const Gate gate("t", "127.0.0.1", 99);
    EXPECT_TRUE(gate.knows_host("[::1]:99"));
    EXPECT_FALSE(gate.knows_host("10.0.0.1:99"));
    EXPECT_FALSE(gate.knows_host(""));
    const Gate open("t", "0.0.0.0", 99);
    EXPECT_TRUE(open.knows_host("10.0.0.1:99"));
    EXPECT_FALSE(open.knows_host("10.0.0.1.evil.example:99"));
    EXPECT_EQ(open.address(), "http://127.0.0.1:99/?token=t");
    EXPECT_NE(Gate("", "127.0.0.1", 1).token(), Gate("", "127.0.0.1", 1).token());
    EXPECT_EQ(Gate("", "127.0.0.1", 1).token().size(), 32u);
}

TEST_F(Http, ThePageComesWithAPolicyThatForbidsAllThatIsNotItsOwn) {
    const auto page = client().Get("/");
    EXPECT_EQ(page->get_header_value("Content-Type"), "text/html; charset=utf-8");
    const std::string policy = page->get_header_value("Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(page->get_header_value("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(client().Get("/../CMakeLists.txt")->status, 404);
    EXPECT_EQ(client().Get("/%2e%2e/CMakeLists.txt")->status, 404);
}

TEST_F(Http, AudioComesInThePiecesThatAreAskedFor) {
    const OszArchive::NewEntry entries[] = {{"a.osu", small_map()}, {"song.mp3", "0123456789"}};
    const std::string s = open_map("a.osz", make_osz(entries));
    const std::string path = "/api/v1/sessions/" + s + "/audio";
    const auto whole = client().Get(path);
    EXPECT_EQ(whole->body, "0123456789");
    EXPECT_EQ(whole->get_header_value("Accept-Ranges"), "bytes");
    const auto part = client().Get(path, {httplib::make_range_header({{2, 4}})});
    EXPECT_EQ(part->status, 206);
    EXPECT_EQ(part->body, "234");
    EXPECT_EQ(part->get_header_value("Content-Range"), "bytes 2-4/10");
    EXPECT_EQ(client().Get(path, {httplib::make_range_header({{7, -1}})})->body, "789");
}

TEST_F(Http, NoBytesAreThereButTheContents) {
    const OszArchive::NewEntry entries[] = {{"a.osu", small_map()}, {"song.mp3", "0123456789"}};
    const std::string s = open_map("a.osz", make_osz(entries));
    const std::string path = "/api/v1/sessions/" + s + "/audio";
    const auto asked = [&](const char* range) { return client().Get(path, {{"Range", range}}); };
    for (const auto& [range, content] :
         {std::pair{"bytes=8-90000", "89"}, std::pair{"bytes=-3", "789"},
          std::pair{"bytes=-90000", "0123456789"}, std::pair{"bytes=0-", "0123456789"}}) {
        const auto part = asked(range);
        ASSERT_TRUE(part) << range;
        EXPECT_EQ(part->status, 206) << range;
        EXPECT_EQ(part->body, content) << range;
    }
    for (const char* range : {"bytes=10-", "bytes=10-20", "bytes=90000000-90000001", "bytes=99999999999-"}) {
        const auto none = asked(range);
        ASSERT_TRUE(none) << range;
        EXPECT_EQ(none->status, 416) << range;
        EXPECT_LT(none->body.size(), 200u) << range;
    }
    EXPECT_EQ(asked("bytes=0-1,4-5,0-9")->body, "0123456789") << "several at once: the whole";
    const auto about = client().Get("/api/v1/about", {{"Range", "bytes=0-50000"}});
    EXPECT_EQ(about->body, client().Get("/api/v1/about")->body);
}

TEST_F(Http, AnOldBookmarkIsToldWhatToDo) {
    const auto page = client("").Get("/?token=old");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->status, 403);
    EXPECT_EQ(page->get_header_value("Content-Type"), "text/html; charset=utf-8");
    EXPECT_NE(page->body.find("prints an address"), std::string::npos);
}

TEST_F(Http, ASongIsGivenToTheStudioThatRuns) {
    const OszArchive::NewEntry entries[] = {{"a.osu", small_map()}};
    write_file(folder_ / "my song & more.osz", make_osz(entries));
    const auto address = hand_over(folder_ / "data", folder_ / "my song & more.osz");
    ASSERT_TRUE(address);
    const size_t at = address->find("#source=");
    ASSERT_NE(at, std::string::npos);
    EXPECT_EQ(get("sources/" + address->substr(at + 8))["name"], "my song & more.osz");
    EXPECT_EQ(*hand_over(folder_ / "data", {}), server_->address());
    write_file(folder_ / "none.osz", "no archive");
    EXPECT_THROW(hand_over(folder_ / "data", folder_ / "none.osz"), Error);
    const std::string left = read_file(folder_ / "data/address.json");
    stop();
    EXPECT_FALSE(hand_over(folder_ / "data", {}));
    write_file(folder_ / "data/address.json", left);
    EXPECT_FALSE(hand_over(folder_ / "data", {})) << "one that was killed leaves its address";
    for (const std::string& damaged : {std::string("[1, 2]"), left.substr(0, left.size() / 2),
                                       std::string(10000, 'x'), std::string(R"({"origin": 1})")}) {
        write_file(folder_ / "data/address.json", damaged);
        EXPECT_FALSE(hand_over(folder_ / "data", {}));
    }
}

TEST_F(Http, EventsComeAsTheyHappen) {
    const std::string s = open_map();
    std::string stream;
    std::promise<void> begun;
    std::thread listener([&] {
        bool first = true;
        client().Get("/api/v1/sessions/" + s + "/events", [&](const char* data, size_t size) {
            stream.append(data, size);
            if (std::exchange(first, false)) begun.set_value();
            return stream.find("\"done\",") == std::string::npos &&
                   stream.find("\"type\":\"done\"") == std::string::npos;
        });
    });
    begun.get_future().wait();
    post("sessions/" + s + "/place", R"({"objects":[4,5],"count":2})");
    listener.join();
    EXPECT_NE(stream.find("data: {"), std::string::npos);
    size_t takes = 0;
    for (size_t at = 0; (at = stream.find("\"type\":\"take\"", at)) != std::string::npos; ++at) ++takes;
    EXPECT_EQ(takes, 2u);
    EXPECT_EQ(get("sessions/" + s + "/takes")["sets"][0]["takes"].size(), 2u);
    EXPECT_EQ(client().Get("/api/v1/sessions/abc/events")->status, 404);
}

TEST_F(Http, AHundredRequestsAtOnceAreAllAnswered) {
    const std::string s = open_map(), path = "/api/v1/sessions/" + s;
    const auto ask = [&](int i) {
        if (i % 3 == 0)
            return client().Post(path + "/move", R"({"objects":[1],"dx":1,"dy":0})", "application/json");
        return client().Get(path + (i % 3 == 1 ? "/state" : ""));
    };
    std::vector<std::future<std::string>> answers;
    for (int i = 0; i < 100; ++i)
        answers.push_back(std::async(std::launch::async, [&ask, i] {
            const auto result = ask(i);
            return result ? std::to_string(result->status) : httplib::to_string(result.error());
        }));
    for (auto& answer : answers) EXPECT_EQ(answer.get(), "200");
    EXPECT_EQ(get("sessions/" + s + "/state")["step"], 34);
}

TEST_F(Http, BodiesThatAreTooLargeAreRefused) {
    const auto refused = client().Post("/api/v1/sources?name=x.osz", std::string(size_t{200} << 20, 'x'),
                                       "application/octet-stream");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 413);
    EXPECT_TRUE(json::parse(refused->body).contains("error"));
    const std::string s = open_map();
    EXPECT_TRUE(post("sessions/" + s + "/place", std::string(size_t{5} << 20, ' '), 413).contains("error"));
    get("about");
}

TEST_F(Http, NamesInArchivesAndRequestsNeverBecomePaths) {
    EXPECT_TRUE(post("sources?name=..%2F..%2Fevil.osu", small_map()).contains("source"));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
        EXPECT_EQ(entry.path().string().find("evil"), std::string::npos);
    const std::string s = open_map();
    for (const char* name : {"..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "....//etc/passwd", "a%00b"})
        EXPECT_EQ(client().Get("/api/v1/sessions/" + s + "/files/" + name)->status, 404) << name;
    EXPECT_EQ(client().Get("/api/v1/sessions/..%2F" + s + "/state")->status, 404);
}

TEST_F(Http, WhatWasDoneIsThereAfterARestart) {
    const std::string s = open_map();
    post("sessions/" + s + "/move", R"({"objects":[1],"dx":11,"dy":0})");
    json before = get("sessions/" + s + "/state");
    const std::string scene = client().Get("/api/v1/sessions/" + s)->body;
    stop();
    start();
    json after = get("sessions/" + s + "/state");
    before.erase("revision"), after.erase("revision");
    EXPECT_EQ(after, before);
    EXPECT_EQ(client().Get("/api/v1/sessions/" + s)->body, scene);
    EXPECT_EQ(get("recent")["sessions"].size(), 1u);
}

TEST_F(Http, AMapIsSavedBesideItsSourceAndNeverOverAFile) {
    const std::filesystem::path song = folder_ / "Songs/1 band - song";
    write_file(song / "a.osu", small_map());
    write_file(song / "song.mp3", "music");
    stop();
    start((song / "a.osu").string());
    const std::string address = server_->address();
    const std::string s = address.substr(address.find('#') + 1);
    EXPECT_EQ(get("sessions/" + s)["source"]["folder"], std::filesystem::canonical(song).string());
    post("sessions/" + s + "/move", R"({"objects":[1],"dx":11,"dy":0})");
    std::set<std::string> paths;
    for (int i = 0; i < 2; ++i) {
        const json saved = post("sessions/" + s + "/save", R"({"version":"Mine"})");
        paths.insert(saved["path"]);
        EXPECT_EQ(read_beatmap(saved["path"].get<std::string>()).metadata.version, i ? "Mine 2" : "Mine");
    }
    EXPECT_EQ(paths.size(), 2u);
    EXPECT_EQ(read_file(song / "a.osu"), small_map());
    const std::string dropped = open_map("map.osu", small_map("Other"));
    EXPECT_TRUE(post("sessions/" + dropped + "/save", "{}", 409).contains("hint"));
}

TEST_F(Http, TheLibraryIsTheFolderThatItWasStartedWith) {
    write_file(folder_ / "Songs/1/a.osu", small_map("Easy"));
    write_file(folder_ / "Songs/1/b.osu", small_map("Hard"));
    const OszArchive::NewEntry entries[] = {{"c.osu", small_map("Insane")}};
    write_file(folder_ / "Songs/set.osz", make_osz(entries));
    stop();
    start((folder_ / "Songs").string());
    json found;
    for (int i = 0; i < 200 && !(found = get("library?q=band"))["ready"]; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ASSERT_EQ(found["total"], 2);
    EXPECT_EQ(get("library?q=insane")["sets"].size(), 1u);
    EXPECT_EQ(get("library?q=insane%20easy")["sets"].size(), 0u);
    const json easy = get("library?q=easy")["sets"][0];
    EXPECT_EQ(easy["maps"].size(), 2u);
    EXPECT_EQ(post("library/open", json{{"id", easy["id"]}}.dump())["maps"].size(), 2u);
    EXPECT_TRUE(post("library/open", R"({"id":"x"})", 404).contains("error"));
}

TEST_F(Http, ADatabaseThatCannotBeReadIsToldAndTheFilesAreFound) {
    write_file(folder_ / "game/Songs/1/a.osu", small_map("Easy"));
    write_file(folder_ / "game/osu!.db", "");
    stop();
    start((folder_ / "game").string());
    json found;
    for (int i = 0; i < 200 && !(found = get("library?q=band"))["ready"]; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(found["total"], 1);
    ASSERT_EQ(found["problems"].size(), 1u);
    EXPECT_NE(found["problems"][0].get<std::string>().find("osu!.db"), std::string::npos);
}

TEST(FileStorage, AJournalEndsWhereACrashHasCutIt) {
    const TemporaryFolder folder;
    FileStorage storage(folder / "data");
    storage.journal("a")->append("{\"one\":1}");
    {
        std::ofstream cut(folder / "data/a.jsonl", std::ios::app);
        cut << "{\"half";
    }
    EXPECT_EQ(storage.journal("a")->read(), std::vector<std::string>{"{\"one\":1}"});
    storage.journal("a")->append("{\"two\":2}");
    EXPECT_EQ(storage.journal("a")->read(), (std::vector<std::string>{"{\"one\":1}", "{\"two\":2}"}));
    EXPECT_THROW(storage.put("../x", "y"), Error);
    EXPECT_THROW(FileStorage(folder / "data"), Error) << "one studio at a time";
    EXPECT_FALSE(storage.get("none"));
}

// The program itself, killed between two steps.
class Program {
  public:
    explicit Program(const std::filesystem::path& folder) : log_(folder / "log") {
        const std::string data = (folder / "data").string(), ckpt = (folder / "small.safetensors").string();
        const char* const arguments[] = {"osu-diffusion", "studio", "--no-open",  "--port", "0",
                                         "--token",       "secret", "--device",   "cpu",    "--data",
                                         data.c_str(),    "--ckpt", ckpt.c_str(), nullptr};
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 1, log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        posix_spawn(&process_, osu::test::program_path(), &actions, nullptr, const_cast<char**>(arguments),
                    environ);
        posix_spawn_file_actions_destroy(&actions);
        for (int i = 0; i < 1000 && port_ == 0; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            const std::string said = std::filesystem::exists(log_) ? read_file(log_) : "";
            if (const size_t at = said.find("127.0.0.1:");
                at != std::string::npos && said.find("/?") != std::string::npos)
                port_ = std::stoi(said.substr(at + 10));
        }
    }
    ~Program() { end(SIGKILL); }
    int end(int signal) {
        int status = 0;
        if (process_ > 0) kill(process_, signal), waitpid(process_, &status, 0);
        process_ = 0;
        return status;
    }
    httplib::Client client() const {
        httplib::Client client("127.0.0.1", port_);
        client.set_default_headers({{"Authorization", "Bearer secret"}});
        return client;
    }

  private:
    const std::filesystem::path log_;
    pid_t process_ = 0;
    int port_ = 0;
};

TEST(StudioProgram, IsKilledBetweenAnyTwoStepsAndLosesNone) {
    const TemporaryFolder folder;
    write_checkpoint(folder / "small.safetensors", small_checkpoint());
    std::string s;
    for (int step = 0; step < 3; ++step) {
        Program program(folder.path());
        auto client = program.client();
        if (step == 0) {
            const auto source = client.Post("/api/v1/sources?name=a.osu", small_map(), "text/plain");
            ASSERT_TRUE(source);
            s = json::parse(
                client
                    .Post("/api/v1/sessions",
                          json{{"source", json::parse(source->body)["source"]}, {"file", "a.osu"}}.dump(),
                          "application/json")
                    ->body)["session"];
        }
        const std::string at = "/api/v1/sessions/" + s;
        const auto state = client.Get(at + "/state");
        ASSERT_TRUE(state);
        EXPECT_EQ(json::parse(state->body)["step"], step);
        EXPECT_EQ(client.Post(at + "/move", R"({"objects":[1],"dx":3,"dy":0})", "application/json")->status,
                  200);
        if (step < 2)
            program.end(SIGKILL);
        else
            EXPECT_TRUE(WIFEXITED(program.end(SIGTERM))) << "and ends in peace when it is asked to";
    }
}

}  // namespace
}  // namespace osu::studio::test
