// Events on their way to the pages that listen: one queue for each, bounded, so that a page which does not
// read costs no more than that and is told to ask again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace osu::studio {

class EventHub {
  public:
    class Listener {
      public:
        // The next event's JSON; nothing where none came in this time. `open` is false when the hub has
        // closed, or the listener fell so far behind that events were lost.
        std::optional<std::string> next(std::chrono::milliseconds wait, bool& open);

      private:
        friend class EventHub;
        std::string session_;
        std::mutex mutex_;
        std::condition_variable came_;
        std::deque<std::string> events_;
        size_t bytes_ = 0;
        bool lost_ = false, closed_ = false;
    };

    void send(const std::string& session, const std::string& event);
    // Null when so many listen already.
    std::shared_ptr<Listener> listen(std::string session);
    void close();

  private:
    std::mutex mutex_;
    std::list<std::weak_ptr<Listener>> listeners_;
    bool closed_ = false;
};

}  // namespace osu::studio
