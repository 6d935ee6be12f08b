// The takes of a session: begun, finished, shown, kept in the journal, thrown away.
#include <algorithm>
#include <map>

#include "studio/points_json.h"
#include "studio/refusal.h"
#include "studio/session.h"

namespace osu::studio {

using nlohmann::json;

namespace {

// Objects in all takes that wait together: beyond it the oldest sets go.
constexpr size_t most_waiting_objects = 200'000;

}  // namespace

TakeSet& Session::set_of(const std::string& id) {
    for (TakeSet& set : sets_)
        if (set.id == id) return set;
    refuse(not_found, {}, "there are no takes {}", id);
}

std::pair<TakeSet*, Take*> Session::find(const std::string& id) {
    for (TakeSet& set : sets_)
        for (Take& take : set.takes)
            if (take.id == id) return {&set, &take};
    refuse(not_found, {}, "there is no take {}", id);
}

// By its number in the set: those before it may have been thrown away meanwhile.
Take& Session::take_of(const std::string& set, size_t index) {
    return *find(fmt::format("{}.{}", set, index + 1)).second;
}

std::vector<Vec2> Session::positions_of(const std::string& id) {
    const auto [set, take] = find(id);
    if (take->positions.empty()) refuse(conflict, {}, "take {} is not ready yet", id);
    std::vector<Vec2> positions(now_.positions().begin(), now_.positions().end());
    scatter(source(), set->objects, take->positions, positions);
    return positions;
}

// As begin_set() writes it; what was made of it follows.
TakeSet& Session::add_set(const json& record) {
    TakeSet set{record.at("set"), record.at("objects").get<std::vector<uint32_t>>()};
    check(set.objects);
    const auto& all = source().map.objects;
    set.from = all[set.objects.front()].start_time;
    for (const uint32_t i : set.objects) set.to = std::max({set.to, all[i].start_time, all[i].end_time});
    set.request = record.at("request");
    const uint64_t seed = record.at("seed"), count = record.at("count");
    next_seed_ = std::max(next_seed_, seed + count);
    ++next_set_;
    sets_.push_back(std::move(set));
    forget_old_sets();
    return sets_.back();
}

TakeSet& Session::begin_set(const PlaceRequest& request) {
    const uint64_t seed = request.seed.value_or(next_seed_);
    const json record{{"set", fmt::format("s{}", next_set_)},
                      {"objects", request.objects},
                      {"request", request.as_given},
                      {"seed", seed},
                      {"count", request.count}};
    write(record);
    TakeSet& set = add_set(record);
    set.done = false;
    for (int i = 0; i < request.count; ++i)
        set.takes.push_back({fmt::format("{}.{}", set.id, i + 1), seed + static_cast<uint64_t>(i)});
    return set;
}

void Session::forget_old_sets() {
    size_t objects = 0, first = sets_.size();
    while (first > 0) {
        const TakeSet& set = sets_[first - 1];
        objects += set.objects.size() * set.takes.size();
        if (objects > most_waiting_objects && first < sets_.size() && set.done) break;
        --first;
    }
    sets_.erase(sets_.begin(), sets_.begin() + static_cast<std::ptrdiff_t>(first));
}

void Session::set_running(const std::string& set, size_t take) {
    take_of(set, take).state = TakeState::running;
}

// Its shapes are those of the whole map with the take in it: of the objects that it lies under, too.
void Session::show(const TakeSet& set, Take& take) {
    if (take.positions.empty() || !take.shapes.empty()) return;
    const PlacedMap placed = now_.with(set.objects, positions_of(take.id), false);
    for (const uint32_t i : set.objects) take.shapes.push_back(placed.shapes()[i]);
}

const Take& Session::finish_take(const std::string& id, size_t index, std::span<const Vec2> positions) {
    TakeSet& set = set_of(id);
    Take& take = take_of(id, index);
    const PlacedMap placed = now_.with(set.objects, positions, true);
    take.positions = gathered(source(), set.objects, placed.positions());
    take.shapes.clear();
    for (const uint32_t i : set.objects) take.shapes.push_back(placed.shapes()[i]);
    take.state = TakeState::done;
    write({{"take", take.id}, {"seed", take.seed}, {"xy", flat(take.positions)}});
    return take;
}

void Session::end_set(const std::string& id) {
    TakeSet& set = set_of(id);
    set.done = true;
    std::erase_if(set.takes, [](const Take& take) { return take.state != TakeState::done; });
    if (set.takes.empty()) discard_set(id);
}

void Session::discard_set(const std::string& id) {
    const TakeSet& set = set_of(id);
    write({{"discard", id}});
    sets_.erase(sets_.begin() + (&set - sets_.data()));
}

void Session::discard_take(const std::string& id) {
    const auto [set, take] = find(id);
    if (take->state != TakeState::done) refuse(conflict, {}, "take {} is not ready yet", id);
    write({{"discardTake", id}});
    set->takes.erase(set->takes.begin() + (take - set->takes.data()));
    if (set->takes.empty() && set->done) discard_set(set->id);
}

std::vector<std::string> Session::kept() const {
    std::vector<const Step*> put(source().objects());  // the step that put an object where it lies
    std::map<std::string, const Step*> last;           // the last that kept a take of a set
    for (size_t i = 0; i < history_.step(); ++i) {
        const Step& step = history_.steps()[i];
        for (const uint32_t object : step.objects) put[object] = &step;
        if (!step.take.empty()) last[set_of_take(step.take)] = &step;
    }
    std::vector<std::string> takes;
    for (const auto& [set, step] : last) {
        const auto lies = [&, step = step](uint32_t object) { return put[object] == step; };
        if (std::any_of(step->objects.begin(), step->objects.end(), lies)) takes.push_back(step->take);
    }
    return takes;
}

// Journals of before steps named their take: the one whose places the step put.
std::string Session::take_at(const Step& step) const {
    for (const TakeSet& set : sets_) {
        if (!std::includes(set.objects.begin(), set.objects.end(), step.objects.begin(), step.objects.end()))
            continue;
        std::vector<Vec2> positions(source().positions().begin(), source().positions().end());
        for (const Take& take : set.takes) {
            scatter(source(), set.objects, take.positions, positions);
            if (gathered(source(), step.objects, positions) == step.after) return take.id;
        }
    }
    return {};
}

json Session::take_sets(const std::string& only, bool with_shapes) {
    json sets = json::array();
    const std::vector<std::string> stand = kept();
    const auto add = [&](TakeSet& set) {
        if (with_shapes)
            for (Take& take : set.takes) show(set, take);
        json one = to_json(set, with_shapes);
        for (json& take : one["takes"])
            if (std::find(stand.begin(), stand.end(), take["id"]) != stand.end()) take["kept"] = true;
        sets.push_back(std::move(one));
    };
    if (only.empty())
        for (TakeSet& set : sets_) add(set);
    else
        add(set_of(only));
    return {{"sets", std::move(sets)}};
}

// Takes that a killed program did not finish are left out, and sets without any.
void Session::replay_take(const json& record) {
    if (record.contains("set")) {
        add_set(record);
    } else if (record.contains("take")) {
        const std::string id = record["take"];
        TakeSet& set = set_of(set_of_take(id));
        Take take{id, record.at("seed"), TakeState::done};
        take.positions = points(record.at("xy"));
        if (take.positions.size() == gathered(source(), set.objects, source().positions()).size())
            set.takes.push_back(std::move(take));
    } else if (record.contains("discard")) {
        sets_.erase(sets_.begin() + (&set_of(record["discard"]) - sets_.data()));
    } else if (record.contains("discardTake")) {
        const auto [set, take] = find(record["discardTake"]);
        set->takes.erase(set->takes.begin() + (take - set->takes.data()));
    }
}

}  // namespace osu::studio
