// What long work says of itself: a bar with rate and time left on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace osu {

class Progress {
  public:
    // `unit`: what is counted, in the plural ("steps"). total 0: unknown. Goes to standard error.
    Progress(std::string title, int64_t total, std::string unit);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void advance(int64_t count = 1);
    void note(std::string text);  // shown behind the bar ("loss 0.123")
    void clear();                 // takes the bar off the terminal, so that other lines may be printed
    void finish();                // draws the end state once; the destructor does it too

    double rate() const;  // units per second since the start

  private:
    using Clock = std::chrono::steady_clock;
    std::string title_, unit_, note_;
    int64_t total_, done_ = 0;
    bool terminal_, finished_ = false;
    Clock::time_point start_, shown_;
    void draw(bool last);
};

// What long work of a library tells its caller, who may listen to neither.
struct Listener {
    // So many of a total are done, named in the plural: first 0 of them, in the end all that there will be.
    std::function<void(const char* title, int64_t done, int64_t total, const char* unit)> on_progress;
    std::function<void(const std::string& text)> on_warning;

    void progress(const char* title, int64_t done, int64_t total, const char* unit) const {
        if (on_progress) on_progress(title, done, total, unit);
    }
    void warn(const std::string& text) const {
        if (on_warning) on_warning(text);
    }
};
Listener terminal_listener();  // a Progress, and lines that begin with "warning: "

std::string format_duration(double seconds);  // "1:02:03", "4:05", "0:07"
std::string format_bytes(double bytes);       // "12.3 MB"

}  // namespace osu
