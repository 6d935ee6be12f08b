#include "studio/session.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <limits>

#include "studio/layout.h"
#include "studio/points_json.h"
#include "studio/refusal.h"

namespace osu::studio {

using nlohmann::json;

namespace {

int64_t seconds_now() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

json as_record(const Step& step) {
    json record{{"kind", step.kind},
                {"label", step.label},
                {"when", step.when},
                {"from", step.from},
                {"to", step.to},
                {"objects", step.objects},
                {"before", flat(step.before)},
                {"after", flat(step.after)}};
    if (!step.take.empty()) record["take"] = step.take;
    return record;
}

std::string counted(size_t count) {
    return fmt::format("{} object{}", count, count == 1 ? "" : "s");
}

}  // namespace

Session::Session(std::string osu_text, std::unique_ptr<Journal> journal)
    : journal_(std::move(journal)),
      now_(std::make_shared<const SourceMap>(std::move(osu_text))),
      pinned_(source().objects()) {
    for (const std::string& line : journal_->read()) {
        const json record = json::parse(line, nullptr, false);
        try {
            if (record.is_object()) replay(record);
        } catch (const std::exception&) {  // a record of another version is left out
        }
    }
    const size_t step = history_.step();
    history_.go(0, [](const auto&, const auto&) {});
    go_now(step);
    std::erase_if(sets_, [](const TakeSet& set) { return set.takes.empty(); });
    told_ = now_.shapes();
}

void Session::write(const json& record) {
    journal_->append(record.dump(-1, ' ', false, json::error_handler_t::replace));
}

void Session::check(const std::vector<uint32_t>& objects) const {
    if (objects.empty()) fail("no object is chosen");
    for (const uint32_t i : objects)
        if (i >= source().objects()) fail("{} is no object of this map", i);
}

// What differs of these objects, as a step that has no name yet.
Step Session::step_between(std::span<const Vec2> before, const PlacedMap& after,
                           const std::vector<uint32_t>& objects) const {
    Step step;
    for (const uint32_t i : objects)
        if (const std::vector<uint32_t> one{i};
            gathered(source(), one, before) != gathered(source(), one, after.positions()))
            step.objects.push_back(i);
    if (step.objects.empty()) return step;
    step.when = seconds_now();
    step.before = gathered(source(), step.objects, before);
    step.after = gathered(source(), step.objects, after.positions());
    const auto& all = source().map.objects;
    step.from = all[step.objects.front()].start_time;
    step.to = std::max(all[step.objects.back()].start_time, all[step.objects.back()].end_time);
    return step;
}

// Whether there was anything to do.
bool Session::step_to(const PlacedMap& placed, const std::vector<uint32_t>& objects, std::string kind,
                      std::string label, std::string take) {
    Step step = step_between(now_.positions(), placed, objects);
    if (step.objects.empty()) return false;
    step.kind = std::move(kind);
    step.label = std::move(label);
    step.take = std::move(take);
    write({{"step", as_record(step)}});
    history_.add(std::move(step));
    now_ = placed;
    ++revision_;
    return true;
}

void Session::keep(const std::string& id, std::vector<uint32_t> objects) {
    const auto [set, take] = find(id);
    if (take->state != TakeState::done) refuse(conflict, {}, "take {} is not ready yet", id);
    if (objects.empty()) objects = set->objects;
    check(objects);
    for (const uint32_t i : objects)
        if (!std::binary_search(set->objects.begin(), set->objects.end(), i))
            fail("object {} is not of take {}", i, id);
    const std::vector<Vec2> positions = positions_of(id);
    step_to(now_.with(objects, positions, false), objects, "keep",
            fmt::format("Take {} of {}", id.substr(id.find('.') + 1), counted(objects.size())), id);
}

void Session::move(const std::vector<uint32_t>& objects, Vec2 by) {
    check(objects);
    const bool any = step_to(now_.with(objects, moved(now_, objects, by), false), objects, "move",
                             "Moved " + counted(objects.size()));
    moved_ = any ? history_.steps().back().serial : 0;
}

void Session::settles(const std::string& set) {
    set_of(set).moved = moved_;
}

void Session::keep_settled(const std::string& id) {
    const TakeSet& set = *find(id).first;
    const uint64_t moved = set.moved;
    const auto& steps = history_.steps();
    const auto end = steps.begin() + static_cast<std::ptrdiff_t>(history_.step());
    const auto step = std::find_if(steps.begin(), end, [&](const Step& one) { return one.serial == moved; });
    if (moved != 0 && step == end) return;
    if (moved == 0 || step + 1 != end) {
        std::vector<uint32_t> objects = set.objects;
        for (auto later = step == end ? end : step + 1; later != end; ++later)
            std::erase_if(objects, [&](uint32_t i) {
                return std::find(later->objects.begin(), later->objects.end(), i) != later->objects.end();
            });
        if (objects.empty()) return;
        step_to(now_.with(objects, positions_of(id), false), objects, "keep",
                "Placed " + counted(objects.size()) + " around what was moved", id);
        return;
    }
    const PlacedMap placed = now_.with(set.objects, positions_of(id), false);
    std::vector<Vec2> before(now_.positions().begin(), now_.positions().end());
    scatter(source(), step->objects, step->before, before);
    std::vector<uint32_t> objects;
    std::set_union(step->objects.begin(), step->objects.end(), set.objects.begin(), set.objects.end(),
                   std::back_inserter(objects));
    Step whole = step_between(before, placed, objects);
    whole.kind = step->kind;
    whole.label = step->label + ", neighbours placed anew";
    whole.take = id;
    // A program that knows no "instead" reads two steps, and the places are the same.
    write({{"step", as_record(whole)}, {"instead", true}});
    history_.replace(std::move(whole));
    now_ = placed;
    ++revision_;
}

void Session::transform(const std::vector<uint32_t>& objects, Transform how, double degrees) {
    check(objects);
    std::vector<Vec2> positions;
    if (how == Transform::rotate)
        positions = rotated(now_, objects, degrees);
    else
        positions = flipped(now_, objects, how == Transform::flip_h);
    const std::string label = how == Transform::rotate   ? fmt::format("Rotated by {:g}° ", degrees)
                              : how == Transform::flip_h ? "Flipped horizontally "
                                                         : "Flipped vertically ";
    step_to(now_.with(objects, positions, false), objects, "transform", label + counted(objects.size()));
}

void Session::revert(const std::vector<uint32_t>& objects) {
    check(objects);
    step_to(now_.with(objects, source().positions(), false), objects, "revert",
            "Reverted " + counted(objects.size()));
}

void Session::pin(const std::vector<uint32_t>& objects, bool pinned) {
    check(objects);
    write({{"pin", objects}, {"pinned", pinned}});
    for (const uint32_t i : objects) pinned_[i] = pinned;
    ++revision_;
}

void Session::go_now(size_t step) {
    std::vector<Vec2> positions(now_.positions().begin(), now_.positions().end());
    std::vector<uint32_t> touched = history_.go(
        step, [&](const auto& objects, const auto& some) { scatter(source(), objects, some, positions); });
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    if (!touched.empty()) now_ = now_.with(touched, positions, false);
}

void Session::go(size_t step) {
    history_.check(step);
    write({{"go", step}});
    go_now(step);
    ++revision_;
}

void Session::undo() {
    if (history_.step() == 0) refuse(conflict, {}, "there is nothing to undo");
    go(history_.step() - 1);
}

void Session::redo() {
    if (history_.step() == history_.steps().size()) refuse(conflict, {}, "there is nothing to do again");
    go(history_.step() + 1);
}

json Session::described() const {
    json pinned = json::array();
    for (size_t i = 0; i < pinned_.size(); ++i)
        if (pinned_[i]) pinned.push_back(i);
    return {{"revision", revision_},       {"step", history_.step()},   {"steps", history_.list()},
            {"pinned", std::move(pinned)}, {"changed", now_.changed()}, {"kept", kept()}};
}

json Session::state() const {
    json state = described();
    json shapes = json::array();
    for (const ObjectShape& shape : now_.shapes()) shapes.push_back(to_json(shape));
    state["shapes"] = std::move(shapes);
    return state;
}

json Session::change() {
    json change = described();
    json shapes = json::object();
    for (size_t i = 0; i < told_.size(); ++i)
        if (told_[i] != now_.shapes()[i]) shapes[std::to_string(i)] = to_json(now_.shapes()[i]);
    change["shapes"] = std::move(shapes);
    told_ = now_.shapes();
    return change;
}

json Session::picture_of(size_t step) const {
    history_.check(step);
    json shapes = json::object();
    if (step > 0) {
        const Step& one = history_.steps()[step - 1];
        std::vector<Vec2> positions(now_.positions().begin(), now_.positions().end());
        scatter(source(), one.objects, one.after, positions);
        const PlacedMap then = now_.with(one.objects, positions, false);
        for (const uint32_t i : one.objects) shapes[std::to_string(i)] = to_json(then.shapes()[i]);
    }
    return {{"shapes", std::move(shapes)}};
}

// Puts no places: the history is gone to once, at the end.
void Session::replay(const json& record) {
    const auto list = [](const json& value) { return value.get<std::vector<uint32_t>>(); };
    if (const auto found = record.find("step"); found != record.end()) {
        const json& j = *found;
        Step step{j.at("kind"),
                  j.at("label"),
                  j.at("when"),
                  j.at("from"),
                  j.at("to"),
                  list(j.at("objects")),
                  points(j.at("before")),
                  points(j.at("after")),
                  member(j, "take", std::string())};
        check(step.objects);
        const size_t wanted = gathered(source(), step.objects, source().positions()).size();
        if (step.before.size() != wanted || step.after.size() != wanted) return;
        if (step.take.empty() && step.kind == "keep") step.take = take_at(step);
        if (record.contains("instead"))
            history_.replace(std::move(step));
        else
            history_.add(std::move(step));
    } else if (record.contains("go")) {
        history_.go(record["go"].get<size_t>(), [](const auto&, const auto&) {});
    } else if (record.contains("pin")) {
        const std::vector<uint32_t> objects = list(record["pin"]);
        check(objects);
        for (const uint32_t i : objects) pinned_[i] = record.at("pinned").get<bool>();
    } else {
        replay_take(record);
    }
}

}  // namespace osu::studio
