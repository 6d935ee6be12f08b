#include "train/distillation.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/parallel.h"
#include "base/profile.h"
#include "base/random.h"
#include "diffusion/sampler.h"
#include "sampling/placement_fit.h"
#include "train/label_growth.h"

namespace osu {

namespace {

// The window loader's streams have the top bytes 1 to 4, the objective's 16.
constexpr uint64_t way_stream = uint64_t{17} << 56;
constexpr int teacher_steps = 3;       // between two levels of the student
constexpr float usual_radius = 36.5f;  // of a circle of CS 4, px: a dataset does not know its maps'
constexpr float middle = 0.5f;         // of the playfield

bool begins_object(PointType type) {
    return type <= PointType::slider_head_new_combo && type != PointType::spinner_end;
}

// The constraints of sampling, for the whole objects of one window.
class HeldWindow {
  public:
    HeldWindow(const Batch& batch, int64_t row) : tokens_(batch.tokens) {
        const auto offset = row * tokens_;
        const auto type = std::span(batch.type)
                              .subspan(static_cast<size_t>(offset), static_cast<size_t>(batch.lengths[row]));
        find_objects(type);
        if (end_ <= begin_) return;
        std::vector<Vec2> position;
        std::vector<double> time;
        std::vector<float> distance;
        for (int64_t i = begin_; i < end_; ++i) {
            position.push_back({batch.x[2 * offset + i] * playfield_size.x,
                                batch.x[2 * offset + tokens_ + i] * playfield_size.y});
            time.push_back(batch.time[offset + i]);
            distance.push_back(batch.distance[offset + i]);
        }
        distance[0] = -1;  // to what lies before the window
        const auto inner = type.subspan(static_cast<size_t>(begin_), position.size());
        const std::vector<SliderLengths> sliders = slider_lengths(inner, position);
        fit_.emplace(Datapoints{inner, time, distance, position, sliders, usual_radius});
        part_.resize(2 * position.size());
    }

    // x (2, T) of the window, as hold_to().
    void apply(std::span<float> x, double noise, bool last) {
        if (!fit_) return;
        const int64_t length = end_ - begin_;
        for (int64_t axis = 0; axis < 2; ++axis)
            std::copy_n(x.begin() + axis * tokens_ + begin_, length, part_.begin() + axis * length);
        hold_to(*fit_, noise, last, part_);
        for (int64_t axis = 0; axis < 2; ++axis)
            std::copy_n(part_.begin() + axis * length, length, x.begin() + axis * tokens_ + begin_);
    }

  private:
    const int64_t tokens_;
    int64_t begin_ = 0, end_ = 0;
    std::optional<PlacementFit> fit_;
    std::vector<float> part_;

    void find_objects(std::span<const uint8_t> type) {
        const auto count = static_cast<int64_t>(type.size());
        const auto at = [&](int64_t i) { return static_cast<PointType>(type[static_cast<size_t>(i)]); };
        while (begin_ < count && !begins_object(at(begin_))) ++begin_;
        for (int64_t i = begin_, next; i < count; i = next) {
            next = is_slider_head(at(i)) ? static_cast<int64_t>(slider_end(type, static_cast<size_t>(i)))
                                         : i + 1;
            if (!is_slider_head(at(i)) || is_slider_end(at(next - 1))) end_ = next;
        }
    }
};

template <class T>
void repeat(std::vector<T>& values, size_t times) {
    const size_t once = values.size();
    values.resize(once * times);
    for (size_t i = 1; i < times; ++i)
        std::copy_n(values.begin(), once, values.begin() + static_cast<int64_t>(i * once));
}

}  // namespace

std::vector<int> steps_between(NoiseSchedule schedule, int from, int to, int count) {
    std::vector<double> log_snr;  // descending
    double alpha = 1;
    for (const double beta : betas(schedule)) {
        alpha *= 1 - beta;
        log_snr.push_back(std::log(alpha / (1 - alpha)));
    }
    std::vector<int> kept{from};
    for (int i = 1; i < count; ++i) {
        const double wanted = log_snr[from] + (log_snr[to] - log_snr[from]) * i / count;
        int step = kept.back() - 1;
        while (step > to + 1 && std::abs(log_snr[step - 1] - wanted) < std::abs(log_snr[step] - wanted))
            --step;
        if (step > to) kept.push_back(step);
    }
    std::reverse(kept.begin(), kept.end());
    return kept;
}

// From one level of the student to the next, or to the end: the processes of both end there.
struct Distillation::Segment {
    int level = 0;
    bool last = false;
    Diffusion teacher, student;
    double signal = 1, spread = 0, next_signal = 1, next_spread = 0;  // of x at the level, and at the next

    Segment(NoiseSchedule schedule, int from, std::optional<int> to)
        : level(from),
          last(!to),
          teacher(schedule, to ? down_to(schedule, from, *to) : to_the_end(schedule, from)),
          student(schedule, to ? std::vector{*to, from} : std::vector{from}) {
        const std::vector<double>& alpha = student.alpha_cumprod;
        signal = std::sqrt(alpha.back());
        spread = std::sqrt(1 - alpha.back());
        if (last) return;
        next_signal = std::sqrt(alpha.front());
        next_spread = std::sqrt(1 - alpha.front());
    }

  private:
    static std::vector<int> down_to(NoiseSchedule schedule, int from, int to) {
        std::vector<int> kept = steps_between(schedule, from, to, teacher_steps);
        kept.insert(kept.begin(), to);
        return kept;
    }
    // The last step is that of least noise.
    static std::vector<int> to_the_end(NoiseSchedule schedule, int from) {
        return from > 0 ? down_to(schedule, from, 0) : std::vector{0};
    }
};

Distillation::Distillation(const Checkpoint& teacher, const CheckpointInfo& info, Dit& student,
                           int64_t tokens_at_once)
    : seed_(info.seed),
      teacher_(info.config, student.backend()),
      student_(student),
      tokens_at_once_(tokens_at_once) {
    const CheckpointInfo known = describe(teacher);
    if (known.config != info.config || known.noise_schedule != info.noise_schedule)
        fail(Hint{"a student has its teacher's size, classes and noise schedule"},
             "the student is a {} of {} classes, and its teacher a {} of {}", info.config.name(),
             info.config.num_classes, known.config.name(), known.config.num_classes);
    check_same_maps(known.labels, info.labels, "the teacher", "teach on the dataset that it was trained on");
    std::vector<float> floats(teacher_.layout().size());
    load_parameters(teacher_.layout(), teacher.weights(), floats);
    Backend& backend = student.backend();
    values_ = backend.allocate(floats.size() * sizeof(float));
    backend.upload(values_.get(), floats.data(), floats.size() * sizeof(float));
    teacher_.load(static_cast<const float*>(values_.get()));
    const std::vector<int>& kept = info.student_steps;
    for (size_t i = kept.size(); i-- > 0;)
        segments_.emplace_back(info.noise_schedule, kept[i],
                               i > 0 ? std::optional(kept[i - 1]) : std::nullopt);
}

Distillation::~Distillation() = default;

int64_t Distillation::levels() const {
    return static_cast<int64_t>(segments_.size());
}

// Some windows of a batch on their way down.
struct Distillation::Way {
    const Batch& batch;
    const int64_t first, rows;
    std::vector<std::unique_ptr<HeldWindow>> held;
    std::vector<float> timestep;
    std::vector<float> x;  // (rows, 2, T)

    Way(const Batch& batch, int64_t first, int64_t rows, uint64_t seed, const Segment& begin)
        : batch(batch), first(first), rows(rows), held(rows), timestep(rows), x(rows * row()) {
        parallel_for(rows, [&](int64_t r) {
            held[r] = std::make_unique<HeldWindow>(batch, first + r);
            const auto one = std::span(x).subspan(r * row(), row());
            Philox(seed, way_stream | batch.sample[first + r]).fill_normal(one);
            for (float& value : one) value = static_cast<float>(begin.signal * middle + begin.spread * value);
        });
    }
    size_t row() const { return static_cast<size_t>(2 * batch.tokens); }

    template <class T>
    std::span<const T> part(const std::vector<T>& values, int64_t width) const {
        return std::span(values).subspan(static_cast<size_t>(first * width),
                                         static_cast<size_t>(rows * width));
    }

    void ask(Dit& network, std::span<const float> from, int step, std::span<float> out) {
        std::fill(timestep.begin(), timestep.end(), static_cast<float>(step));
        const auto lengths = part(batch.lengths, 1);
        const bool whole = std::all_of(lengths.begin(), lengths.end(),
                                       [&](int32_t length) { return length == batch.tokens; });
        network.forward({rows, batch.tokens, from, part(batch.time, batch.tokens),
                         part(batch.distance, batch.tokens), part(batch.type, batch.tokens), timestep,
                         part(batch.label, 1), whole ? std::span<const int32_t>() : lengths, 0},
                        out);
    }

    // Where the network comes from x by this sampler: to the noise of the process's first step, or to the
    // end.
    std::vector<float> go(Dit& network, const Diffusion& process, SamplerKind kind, bool to_the_end) {
        SamplerOptions options;
        options.kind = kind;
        options.shape = [&](size_t index, std::span<float> x0) {
            const double alpha = process.alpha_cumprod[index];
            const double noise = playfield_size.x * std::sqrt((1 - alpha) / alpha);
            parallel_for(rows, [&](int64_t r) {
                held[r]->apply(x0.subspan(r * row(), row()), noise, to_the_end && index == 0);
            });
        };
        options.on_step = [&](size_t done, auto, auto) { return to_the_end || done + 2 < process.steps(); };
        std::vector<float> there = x;
        sample(
            process,
            [&](std::span<const float> from, size_t index, std::span<float> out) {
                ask(network, from, process.timestep[index], out);
            },
            options, rows, batch.tokens, there);
        return there;
    }
};

void Distillation::teach(const Batch& batch, Lesson& lesson, const std::function<void()>& part_done) {
    const ProfileScope scope("teaching");
    const size_t levels = segments_.size();
    lesson.rows = batch;
    Batch& rows = lesson.rows;
    rows.size = this->levels() * batch.size;
    repeat(rows.x, levels);
    repeat(rows.time, levels);
    repeat(rows.distance, levels);
    repeat(rows.type, levels);
    repeat(rows.label, levels);
    repeat(rows.lengths, levels);
    repeat(rows.sample, levels);
    lesson.noise.resize(rows.x.size());
    lesson.x_t.resize(rows.x.size());
    lesson.step.resize(static_cast<size_t>(rows.size));
    const int64_t most = std::max<int64_t>(1, tokens_at_once_ / batch.tokens);
    const int64_t parts = (batch.size + most - 1) / most;
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t first = batch.size * part / parts;
        teach_rows(batch, first, batch.size * (part + 1) / parts - first, lesson);
        if (part_done) part_done();
    }
}

void Distillation::teach_rows(const Batch& batch, int64_t first, int64_t rows, Lesson& lesson) {
    Way way(batch, first, rows, seed_, segments_.front());
    const auto row = static_cast<int64_t>(way.row());
    for (size_t i = 0; i < segments_.size(); ++i) {
        const Segment& segment = segments_[i];
        const std::vector<float> taught = way.go(teacher_, segment.teacher, SamplerKind::dpmpp, segment.last);
        // The x₀ from which ddim comes there in one step: x_next = α' x₀ + σ'/σ (x − α x₀).
        const double ratio = segment.next_spread / segment.spread;
        const double share = segment.next_signal - segment.signal * ratio;
        const int64_t at = static_cast<int64_t>(i) * batch.size + first;
        std::fill_n(lesson.step.begin() + at, rows, segment.level);
        std::copy(way.x.begin(), way.x.end(), lesson.x_t.begin() + at * row);
        for (size_t k = 0; k < way.x.size(); ++k) {
            const double x0 = (taught[k] - ratio * way.x[k]) / share;
            lesson.rows.x[static_cast<size_t>(at * row) + k] = static_cast<float>(x0);
            lesson.noise[static_cast<size_t>(at * row) + k] =
                static_cast<float>((way.x[k] - segment.signal * x0) / segment.spread);
        }
        if (segment.last) break;
        const std::vector<float> own = way.go(student_, segment.student, SamplerKind::ddim, false);
        for (int64_t r = 0; r < rows; ++r) {
            const std::vector<float>& next = batch.sample[first + r] % 2 == 0 ? taught : own;
            std::copy_n(next.begin() + r * row, row, way.x.begin() + r * row);
        }
    }
}

}  // namespace osu
