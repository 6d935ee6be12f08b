// Places as jobs: asked for, made take by take on the front's worker, cancelled.
#include <algorithm>
#include <cmath>

#include "sampling/sampling.h"
#include "studio/api_state.h"
#include "studio/preview.h"
#include "studio/refusal.h"

namespace osu::studio {

using nlohmann::json;

namespace {

constexpr int at_once = 2;             // takes that go through the network together, behind the first
constexpr int settle_objects = 3;      // on each side of what was moved
constexpr double settle_reach = 1500;  // ms
constexpr double settle_strength = 0.6;
constexpr int most_settle_takes = 8;

SamplingOptions options_of(const PlaceRequest& request) {
    SamplingOptions options;
    options.keep_spacing = request.keep_spacing;
    options.keep_structure = request.keep_structure;
    options.cfg_scale = request.cfg_scale.value_or(usual_guidance(request.style));
    options.strength = request.strength;
    if (request.fast) options.steps = fast_steps;
    if (request.steps) options.steps = std::to_string(*request.steps);
    return options;
}

}  // namespace

json Api::place(const OpenSession& open, PlaceRequest request, bool keep_when_done) {
    queue_.check_room(open->id);
    if (!request.base.empty()) open->session.positions_of(request.base);  // is it there?
    const auto is_pinned = [&](uint32_t i) { return open->session.pinned()[i]; };
    if (std::all_of(request.objects.begin(), request.objects.end(), is_pinned))
        fail(Hint{"unpin some of them"}, "all of these objects are pinned: nothing would be placed");
    check_style(request.style, open->session.source().map);
    const std::string set = open->session.begin_set(request).id;
    const std::shared_ptr<Job> job = queue_.add(open->id, set, std::move(request), keep_when_done);
    emit(open->id, {{"type", "sets"}});
    emit(open->id, {{"type", "queued"}, {"job", job->id}, {"set", set}, {"place", queue_.place_of(*job)}});
    if (options_.on_job) options_.on_job();
    return {{"job", job->id}, {"set", set}};
}

// Error for a style that the model does not know. What is wrong with a checkpoint is the job's to tell.
void Api::check_style(const StyleChoice& style, const Beatmap& map) {
    if (style.none()) return;
    try {
        options_.engine.info();
    } catch (const Error&) {
        return;
    }
    options_.engine.classes(style, map);
}

// What lies around the moved objects is placed anew, and at once the map's: a part of the step that moved.
void Api::settle(const OpenSession& open, const std::vector<uint32_t>& objects, int count, json& answer) {
    const Session& session = open->session;
    const auto& all = session.source().map.objects;
    PlaceRequest request;
    const auto consider = [&](int64_t i, double from) {
        if (i < 0 || i >= static_cast<int64_t>(all.size())) return false;
        const auto index = static_cast<uint32_t>(i);
        if (std::abs(all[index].start_time - from) > settle_reach) return false;
        const bool moved = std::binary_search(objects.begin(), objects.end(), index);
        if (!moved && !session.pinned()[index]) request.objects.push_back(index);
        return true;
    };
    for (const uint32_t moved : objects)
        for (const int side : {-1, 1})
            for (int n = 1; n <= settle_objects; ++n)
                if (!consider(int64_t{moved} + side * n, all[moved].start_time)) break;
    std::sort(request.objects.begin(), request.objects.end());
    request.objects.erase(std::unique(request.objects.begin(), request.objects.end()), request.objects.end());
    if (request.objects.empty()) return;
    request.count = std::clamp(count, 1, most_settle_takes);
    request.strength = settle_strength;
    request.as_given = {{"settle", true}, {"count", request.count}, {"strength", request.strength}};
    const bool keep = request.count == 1;
    const json placed = place(open, std::move(request), keep);
    if (keep) open->session.settles(placed["set"]);
    answer.update(placed);
}

void Api::cancel(const OpenSession& open, const std::string& id) {
    for (const auto& job : queue_.cancel(open->id, id)) {
        open->session.end_set(job->set);
        emit(open->id, {{"type", "done"}, {"job", job->id}, {"set", job->set}, {"cancelled", true}});
        emit(open->id, {{"type", "sets"}});
    }
}

void Api::cancel_all() {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, open] : open_) queue_.cancel(id, {});
}

bool Api::run_next_job() {
    Place work;
    {
        const std::lock_guard lock(mutex_);
        work.job = queue_.next();
        if (!work.job) return false;
        try {
            prepare(work);
        } catch (const Error& error) {
            end_job(work, error_json(error));
            return true;
        }
    }
    json problem;
    try {
        make_takes(work);
    } catch (const Error& error) {
        problem = error_json(error);
    } catch (const std::exception& error) {
        problem = {{"error", error.what()}};
    }
    const std::lock_guard lock(mutex_);
    end_job(work, problem);
    return true;
}

// Under the lock: all that the takes are made of.
void Api::prepare(Place& work) {
    const Job& job = *work.job;
    work.open = session(job.session);
    Session& session = work.open->session;
    work.source = session.now().shared_source();
    if (job.request.base.empty())
        work.from.assign(session.now().positions().begin(), session.now().positions().end());
    else
        work.from = session.positions_of(job.request.base);
    std::vector<uint8_t> selected(work.source->objects());
    for (const uint32_t i : job.request.objects) selected[i] = !session.pinned()[i];
    work.fixed = fixed_datapoints(work.source->datapoints.sequence(), selected);
    for (const Take& take : session.set_of(job.set).takes) work.seeds.push_back(take.seed);
    emit(job.session, {{"type", "started"}, {"job", job.id}, {"set", job.set}});
}

void Api::make_takes(const Place& work) {
    SamplingNetwork& network = options_.engine.network();
    const std::vector<int32_t> style = options_.engine.classes(work.job->request.style, work.source->map);
    SamplingOptions options = options_of(work.job->request);
    const Datapoints map = work.source->datapoints.view();
    const Given given{work.fixed, work.from};
    PreviewClock clock;
    for (size_t first = 0; first < work.seeds.size();) {
        options.seed = work.seeds[first];
        options.variants =
            first == 0 ? 1 : std::min<int>(at_once, static_cast<int>(work.seeds.size() - first));
        for (int i = 0; i < options.variants; ++i)
            if (!begin_take(work, first + static_cast<size_t>(i))) return;
        const auto on_step = [&](const SamplingStep& step) {
            if (work.job->cancelled) return false;
            if (clock.due()) tell_step(work, first, step, clock);
            return true;
        };
        const Placement placed = osu::place(network, map, style, options, given, on_step);
        if (placed.cancelled) return;
        for (int i = 0; i < options.variants; ++i)
            if (!end_take(work, first + static_cast<size_t>(i), placed.pixels(i))) return;
        first += static_cast<size_t>(options.variants);
    }
}

bool Api::begin_take(const Place& work, size_t index) {
    const std::lock_guard lock(mutex_);
    if (work.job->cancelled) return false;
    work.open->session.set_running(work.job->set, index);
    return true;
}

void Api::tell_step(const Place& work, size_t first, const SamplingStep& step, PreviewClock& clock) {
    clock.begin();
    const size_t row = step.x0.size() / static_cast<size_t>(step.count);
    for (int i = 0; i < step.count; ++i) {
        const size_t index = first + static_cast<size_t>(step.first + i);
        const json shapes = preview_shapes(*work.source, work.job->request.objects,
                                           step.x0.subspan(static_cast<size_t>(i) * row, row));
        const json event{{"type", "step"},       {"job", work.job->id},
                         {"set", work.job->set}, {"take", fmt::format("{}.{}", work.job->set, index + 1)},
                         {"done", step.done},    {"steps", step.steps},
                         {"shapes", shapes}};
        const std::lock_guard lock(mutex_);
        emit(work.job->session, event);
    }
    clock.end();
}

bool Api::end_take(const Place& work, size_t index, const std::vector<Vec2>& positions) {
    const std::lock_guard lock(mutex_);
    if (work.job->cancelled) return false;
    Session& session = work.open->session;
    const Take& take = session.finish_take(work.job->set, index, positions);
    emit(work.job->session,
         {{"type", "take"}, {"set", work.job->set}, {"take", to_json(take, work.job->request.objects)}});
    return true;
}

// Under the lock. `problem`: an error's JSON, or null.
void Api::end_job(const Place& work, const json& problem) {
    const Job& job = *work.job;
    queue_.finish(job);
    if (!work.open) return;
    Session& session = work.open->session;
    json event{{"type", "done"}, {"job", job.id}, {"set", job.set}, {"cancelled", job.cancelled.load()}};
    if (!problem.is_null()) {
        event = {{"type", "failed"}, {"job", job.id}, {"set", job.set}};
        event.update(problem);
    }
    try {
        if (job.keep_when_done && problem.is_null() && !job.cancelled) {
            if (const auto& takes = session.set_of(job.set).takes; !takes.empty()) {
                const uint64_t revision = session.revision();
                session.keep_settled(takes[0].id);
                if (session.revision() != revision) tell_change(*work.open);
            }
        }
        session.end_set(job.set);
    } catch (const std::exception&) {  // the set was thrown away meanwhile
    }
    emit(job.session, event);
    emit(job.session, {{"type", "sets"}});
}

}  // namespace osu::studio
