// The places that wait to be made: first come, first served, one at a time.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>

#include "studio/place_request.h"

namespace osu::studio {

struct Job {
    std::string id, session, set;
    PlaceRequest request;
    bool keep_when_done = false;  // the one take of a settle
    std::atomic<bool> cancelled = false;
};

constexpr size_t most_jobs = 64, most_jobs_of_session = 8;

class JobQueue {
  public:
    // Refusal when too many wait already; asked before anything is changed.
    void check_room(const std::string& session) const;
    std::shared_ptr<Job> add(std::string session, std::string set, PlaceRequest request, bool keep_when_done);
    std::shared_ptr<Job> next();  // null: none waits; the job then runs until finish()
    void finish(const Job& job);
    size_t place_of(const Job& job) const;  // 0: runs, or is the next
    // Those of a session, or the one of this ID or set: what waits is taken out and returned, what runs is
    // told.
    std::vector<std::shared_ptr<Job>> cancel(const std::string& session, const std::string& id);
    bool has(const std::string& session) const;

  private:
    std::deque<std::shared_ptr<Job>> waiting_;
    std::shared_ptr<Job> running_;
    uint64_t next_id_ = 1;
};

}  // namespace osu::studio
