// One map at work: where it came from, where its objects lie now, what is pinned, the steps that led here,
// the takes that wait. Knows neither HTTP nor files nor threads; what happens to it goes through a Journal,
// and a journal that is read again gives the same session.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "studio/history.h"
#include "studio/journal.h"
#include "studio/place_request.h"
#include "studio/placed_map.h"
#include "studio/takes.h"

namespace osu::studio {

class Session {
  public:
    // Goes on where the journal ends. Error as SourceMap's.
    Session(std::string osu_text, std::unique_ptr<Journal> journal);

    const SourceMap& source() const { return now_.source(); }
    const PlacedMap& now() const { return now_; }
    const std::vector<uint8_t>& pinned() const { return pinned_; }  // of each object
    const History& history() const { return history_; }
    uint64_t revision() const { return revision_; }
    const std::vector<TakeSet>& sets() const { return sets_; }
    // IDs of the takes that stand in the map at the present step: of each set the one that was kept last, as
    // long as any object lies where it put it.
    std::vector<std::string> kept() const;

    nlohmann::json state() const;  // State of docs/api.md
    nlohmann::json change();       // StateChange: what differs from the state before the last call
    // {sets: […]}: all, or the one of this ID (Refusal where it is not there); takes with their shapes, or
    // without.
    nlohmann::json take_sets(const std::string& only = {}, bool with_shapes = true);
    // {shapes: {i: Shape}}: the objects that a step changed, as they were behind it. Refusal for none.
    nlohmann::json picture_of(size_t step) const;

    // Each is a step of the history (but for pin), and one line of the journal. Refusal where they cannot be.
    void keep(const std::string& take, std::vector<uint32_t> objects);  // no objects: all of the take
    void move(const std::vector<uint32_t>& objects, Vec2 by);
    // This set is the neighbours of what was just moved.
    void settles(const std::string& set);
    // Its take becomes a part of the step that moved them. Where other steps came behind that it is a step of
    // its own, which leaves alone what they changed; where the move was undone it is nothing.
    void keep_settled(const std::string& take);
    enum class Transform : uint8_t { flip_h, flip_v, rotate };
    void transform(const std::vector<uint32_t>& objects, Transform how, double degrees);
    void revert(const std::vector<uint32_t>& objects);
    void pin(const std::vector<uint32_t>& objects, bool pinned);
    void go(size_t step);
    void undo();
    void redo();

    // Takes. A set begins with its seeds; finish_take puts one's places (px, of all datapoints).
    TakeSet& begin_set(const PlaceRequest& request);
    TakeSet& set_of(const std::string& set);  // Refusal for one that is not there
    void set_running(const std::string& set, size_t take);
    const Take& finish_take(const std::string& set, size_t take, std::span<const Vec2> positions);
    void end_set(const std::string& set);  // takes that were not made are gone
    void discard_set(const std::string& set);
    void discard_take(const std::string& take);
    // The places of a take with everything else as it is now. Refusal for one that is not there.
    std::vector<Vec2> positions_of(const std::string& take);

  private:
    std::unique_ptr<Journal> journal_;
    PlacedMap now_;
    std::vector<uint8_t> pinned_;
    History history_;
    std::vector<TakeSet> sets_;
    uint64_t revision_ = 0, next_set_ = 1, next_seed_ = 0;
    uint64_t moved_ = 0;             // the serial of the step that moved last; 0: nothing moved
    std::vector<ObjectShape> told_;  // the shapes that change() has told of

    void write(const nlohmann::json& record);
    void replay(const nlohmann::json& record);
    void replay_take(const nlohmann::json& record);
    Step step_between(std::span<const Vec2> before, const PlacedMap& after,
                      const std::vector<uint32_t>& objects) const;
    bool step_to(const PlacedMap& placed, const std::vector<uint32_t>& objects, std::string kind,
                 std::string label, std::string take = {});
    void go_now(size_t step);
    nlohmann::json described() const;
    std::string take_at(const Step& step) const;
    TakeSet& add_set(const nlohmann::json& record);
    std::pair<TakeSet*, Take*> find(const std::string& take);
    Take& take_of(const std::string& set, size_t index);
    void show(const TakeSet& set, Take& take);
    void forget_old_sets();
    void check(const std::vector<uint32_t>& objects) const;
};

}  // namespace osu::studio
