// The studio over HTTP: the page, the Api, events as they happen, on one address of this machine.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "archive/checkpoint.h"
#include "ops/devices.h"

namespace osu::studio {

constexpr size_t body_limit = size_t{160} << 20;  // bytes; sets with a video have a hundred million

struct ServerOptions {
    std::string host = "127.0.0.1";
    int port = 0;           // 0: whichever is free
    bool any_port = false;  // … also where `port` is taken
    std::string token;      // empty: a new one
    std::string
        page_folder;  // the page's files from here, for whoever works on them; empty: the program's own
    std::filesystem::path data;
    std::string checkpoint_name;  // to be shown
    std::function<Checkpoint()> open_checkpoint;
    std::string open;  // a map, an archive, a song's folder, or a folder of songs; empty: none
    std::function<OpenDevice()> open_device;
    std::string version;
    int threads = 1;
};

class Server {
  public:
    // Listens when it returns, and answers once run() is called. Error for a port that is taken, a map that
    // cannot be read.
    explicit Server(ServerOptions options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string address() const;  // with the token, and what was opened
    const std::string& token() const;
    int port() const;
    void run();   // until stop()
    void stop();  // from another thread

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace osu::studio
