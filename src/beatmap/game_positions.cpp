#include "beatmap/game_positions.h"

#include <algorithm>
#include <cmath>

#include "beatmap/slider_path.h"

namespace osu {
namespace {

constexpr float stack_distance = 3;  // px between objects that stack
constexpr float stack_step = -6.4f;  // px for each height, at scale 1

float distance(Vec2 a, Vec2 b) {
    return std::hypot(a.x - b.x, a.y - b.y);
}

struct StackObject {
    ObjectKind kind;
    double start, end;  // ms
    Vec2 position, tail;
    int height = 0;
    bool spinner() const { return kind == ObjectKind::spinner || kind == ObjectKind::hold; }
    bool slider() const { return kind == ObjectKind::slider; }
};
using StackObjects = std::vector<StackObject>;

// Format 6 and later: from the last object back, each one looks for those before it that it covers.
class Stacker {
  public:
    Stacker(StackObjects& objects, float threshold) : objects_(objects), threshold_(threshold) {}

    void run() {
        for (size_t i = objects_.size(); i-- > 1;) {
            if (objects_[i].height != 0 || objects_[i].spinner()) continue;
            objects_[i].slider() ? stack_on_slider(i) : stack_on_circle(i);
        }
    }

  private:
    StackObjects& objects_;
    const float threshold_;  // ms

    void stack_on_circle(const size_t i) {
        size_t top = i;
        for (size_t n = i; n-- > 0;) {
            StackObject& before = objects_[n];
            if (before.spinner()) continue;
            // Whole milliseconds: the older game counts in them.
            if (std::trunc(objects_[top].start) - std::trunc(before.end) > threshold_) break;
            if (before.slider() && distance(before.tail, objects_[top].position) < stack_distance) {
                push_below(n, i, objects_[top].height - before.height + 1);
                break;
            }
            if (distance(before.position, objects_[top].position) < stack_distance) {
                before.height = objects_[top].height + 1;
                top = n;
            }
        }
    }

    // Circles at a slider's end lie below it: they move down and right instead of up and left.
    void push_below(size_t slider, size_t last, int offset) {
        for (size_t j = slider + 1; j <= last; ++j) {
            if (distance(objects_[slider].tail, objects_[j].position) < stack_distance)
                objects_[j].height -= offset;
        }
    }

    void stack_on_slider(size_t top) {
        for (size_t n = top; n-- > 0;) {
            StackObject& before = objects_[n];
            if (before.spinner()) continue;
            if (objects_[top].start - before.start > threshold_) break;
            if (distance(before.tail, objects_[top].position) < stack_distance) {
                before.height = objects_[top].height + 1;
                top = n;
            }
        }
    }
};

// Formats 3 to 5: from the first object on. `tail` is the end of the first span here.
void stack_old(StackObjects& objects, float threshold) {
    for (size_t i = 0; i < objects.size(); ++i) {
        StackObject& current = objects[i];
        if (current.height != 0 && !current.slider()) continue;
        double reach = current.end;
        int below = 0;
        for (size_t j = i + 1; j < objects.size() && objects[j].start - threshold <= reach; ++j) {
            if (distance(objects[j].position, current.position) < stack_distance) {
                ++current.height;
            } else if (distance(objects[j].position, current.tail) < stack_distance) {
                objects[j].height -= ++below;
            } else {
                continue;
            }
            reach = objects[j].start;
        }
    }
}

}  // namespace

float circle_scale(const Difficulty& difficulty) {
    // The last factor is the game's own, for circles as old replays saw them.
    const float scale = (1.0f - 0.7f * (std::clamp(difficulty.cs, 0.0f, 10.0f) - 5) / 5) / 2 * 1.00041f;
    return std::max(0.0f, scale);
}

int approach_time(const Difficulty& difficulty) {
    const double ar = std::clamp(difficulty.ar, 0.0f, 10.0f);
    return static_cast<int>(ar > 5 ? 1200 - 750 * (ar - 5) / 5 : 1200 + 600 * (5 - ar) / 5);
}

std::vector<Vec2> stack_offsets(const Beatmap& map) {
    StackObjects objects;
    objects.reserve(map.objects.size());
    SliderPath path;
    const bool old = map.format_version < 6;
    for (const HitObject& object : map.objects) {
        StackObject stacked{object.kind, object.start_time, object.end_time, object.position,
                            object.position};
        if (object.kind == ObjectKind::slider) {
            path.assign(map, object);
            stacked.tail = path.position_at(old || object.span_count % 2 == 1 ? 1 : 0);
        }
        objects.push_back(stacked);
    }
    const auto threshold =
        static_cast<float>(approach_time(map.difficulty) * static_cast<float>(map.stack_leniency));
    if (old) {
        stack_old(objects, threshold);
    } else {
        Stacker(objects, threshold).run();
    }
    std::vector<Vec2> offsets;
    offsets.reserve(objects.size());
    const float scale = circle_scale(map.difficulty);
    for (const StackObject& object : objects) {
        const float offset = static_cast<float>(object.height) * scale * stack_step;
        offsets.push_back({offset, offset});
    }
    return offsets;
}

}  // namespace osu
