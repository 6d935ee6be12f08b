#include "studio/http/event_hub.h"

namespace osu::studio {

namespace {

constexpr size_t most_listeners = 48;  // each holds a thread of the server
constexpr size_t most_bytes = size_t{32} << 20;

}  // namespace

std::optional<std::string> EventHub::Listener::next(std::chrono::milliseconds wait, bool& open) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, wait, [&] { return !events_.empty() || lost_ || closed_; });
    open = !lost_ && !closed_;
    if (!open || events_.empty()) return {};
    std::string event = std::move(events_.front());
    events_.pop_front();
    bytes_ -= event.size();
    return event;
}

void EventHub::send(const std::string& session, const std::string& event) {
    const std::lock_guard lock(mutex_);
    for (auto one = listeners_.begin(); one != listeners_.end();) {
        const std::shared_ptr<Listener> listener = one->lock();
        one = listener ? std::next(one) : listeners_.erase(one);
        if (!listener || listener->session_ != session) continue;
        {
            const std::lock_guard queue(listener->mutex_);
            listener->lost_ = listener->lost_ || listener->bytes_ + event.size() > most_bytes;
            if (!listener->lost_) {
                listener->events_.push_back(event);
                listener->bytes_ += event.size();
            }
        }
        listener->came_.notify_one();
    }
}

std::shared_ptr<EventHub::Listener> EventHub::listen(std::string session) {
    const std::lock_guard lock(mutex_);
    std::erase_if(listeners_, [](const auto& one) { return one.expired(); });
    if (listeners_.size() >= most_listeners || closed_) return nullptr;
    auto listener = std::make_shared<Listener>();
    listener->session_ = std::move(session);
    listeners_.push_back(listener);
    return listener;
}

void EventHub::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& one : listeners_)
        if (const std::shared_ptr<Listener> listener = one.lock()) {
            {
                const std::lock_guard queue(listener->mutex_);
                listener->closed_ = true;
            }
            listener->came_.notify_one();
        }
}

}  // namespace osu::studio
