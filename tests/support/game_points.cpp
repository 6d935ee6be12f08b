#include "support/game_points.h"

#include <algorithm>
#include <cmath>

#include "beatmap/game_positions.h"
#include "beatmap/slider_path.h"
#include "beatmap/timing.h"

namespace osu::test {

namespace {

constexpr double tail_leniency = 36;       // ms
constexpr double tick_length_limit = 1e5;  // px of path that get ticks
constexpr Vec2 playfield_centre{256, 192};

class PointWriter {
  public:
    PointWriter(const Beatmap& map, std::vector<GamePoint>& out) : map_(map), out_(out) {}

    void slider(uint32_t index, Vec2 offset) {
        const HitObject& object = map_.objects[index];
        path_.assign(map_, object);
        const double start = object.start_time, span = object.span_duration,
                     duration = span * object.span_count;
        const double velocity = span > 0 ? path_.length() / span : 0;  // px/ms
        const double length = std::min(tick_length_limit, path_.length());
        const auto put = [&](GamePointKind kind, double time, double progress) {
            out_.push_back({kind, index, time, time, path_.position_at(progress) + offset});
        };
        put(GamePointKind::slider_head, start, 0);
        const double step = std::min(tick_distance(map_, object, velocity), length),
                     end = length - 10 * velocity;
        for (int s = 0; s < object.span_count; ++s) {
            const double span_start = start + s * span;
            ticks_.clear();
            for (double d = step; step > 0 && d < end; d += step) {
                ticks_.push_back(d / length);
            }
            if (s % 2 == 1) std::reverse(ticks_.begin(), ticks_.end());
            for (const double progress : ticks_) {
                put(GamePointKind::slider_tick, span_start + (s % 2 == 1 ? 1 - progress : progress) * span,
                    progress);
            }
            if (s + 1 < object.span_count) {
                put(GamePointKind::slider_repeat, span_start + span, (s + 1) % 2);
            }
        }
        put(GamePointKind::slider_tail, std::max(start + duration / 2, start + duration - tail_leniency),
            object.span_count % 2);
    }

  private:
    const Beatmap& map_;
    std::vector<GamePoint>& out_;
    SliderPath path_;
    std::vector<double> ticks_;
};

}  // namespace

std::vector<GamePoint> game_points(const Beatmap& map) {
    const std::vector<Vec2> offsets = stack_offsets(map);
    std::vector<GamePoint> points;
    PointWriter writer(map, points);
    for (uint32_t i = 0; i < map.objects.size(); ++i) {
        const HitObject& object = map.objects[i];
        switch (object.kind) {
            case ObjectKind::slider: writer.slider(i, offsets[i]); break;
            case ObjectKind::circle:
                points.push_back({GamePointKind::circle, i, object.start_time, object.start_time,
                                  object.position + offsets[i]});
                break;
            default:
                points.push_back(
                    {GamePointKind::spinner, i, object.start_time, object.end_time, playfield_centre});
        }
    }
    return points;
}

}  // namespace osu::test
