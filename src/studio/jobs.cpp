#include "studio/jobs.h"

#include <algorithm>

#include "studio/refusal.h"

namespace osu::studio {

void JobQueue::check_room(const std::string& session) const {
    const auto of_session = std::count_if(waiting_.begin(), waiting_.end(),
                                          [&](const auto& job) { return job->session == session; });
    if (waiting_.size() >= most_jobs || static_cast<size_t>(of_session) >= most_jobs_of_session)
        refuse(too_many, {"wait for some of them, or cancel"}, "{} places wait already", waiting_.size());
}

std::shared_ptr<Job> JobQueue::add(std::string session, std::string set, PlaceRequest request,
                                   bool keep_when_done) {
    auto job = std::make_shared<Job>();
    job->id = fmt::format("j{}", next_id_++);
    job->session = std::move(session);
    job->set = std::move(set);
    job->request = std::move(request);
    job->keep_when_done = keep_when_done;
    waiting_.push_back(job);
    return job;
}

std::shared_ptr<Job> JobQueue::next() {
    if (waiting_.empty() || running_) return nullptr;
    running_ = std::move(waiting_.front());
    waiting_.pop_front();
    return running_;
}

void JobQueue::finish(const Job& job) {
    if (running_.get() == &job) running_.reset();
}

size_t JobQueue::place_of(const Job& job) const {
    size_t place = running_ ? 1 : 0;
    for (const auto& other : waiting_) {
        if (other.get() == &job) return place;
        ++place;
    }
    return 0;
}

std::vector<std::shared_ptr<Job>> JobQueue::cancel(const std::string& session, const std::string& id) {
    const auto meant = [&](const std::shared_ptr<Job>& job) {
        return job && job->session == session && (id.empty() || job->id == id || job->set == id);
    };
    if (meant(running_)) running_->cancelled = true;
    std::vector<std::shared_ptr<Job>> gone;
    for (const auto& job : waiting_)
        if (meant(job)) gone.push_back(job);
    std::erase_if(waiting_, meant);
    for (const auto& job : gone) job->cancelled = true;
    return gone;
}

bool JobQueue::has(const std::string& session) const {
    const auto is_its = [&](const std::shared_ptr<Job>& job) { return job && job->session == session; };
    return is_its(running_) || std::any_of(waiting_.begin(), waiting_.end(), is_its);
}

}  // namespace osu::studio
