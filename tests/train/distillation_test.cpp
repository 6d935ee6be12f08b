// Students of few steps: what they are taught, that they learn it, that a run goes on where it stopped, and
// that sampling takes what they were made for.
#include "train/distillation.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "ops/devices.h"
#include "sampling/sampling.h"
#include "support/training_run.h"
#include "train/trainer.h"

namespace osu {
namespace {

TEST(StepsBetween, AreEvenInLogSnrAndDescendToTheNextLevel) {
    const Diffusion all(NoiseSchedule::squaredcos_cap_v2, respace("1000"));
    const auto log_snr = [&](int t) { return std::log(all.alpha_cumprod[t] / (1 - all.alpha_cumprod[t])); };
    const std::vector<int> kept = steps_between(NoiseSchedule::squaredcos_cap_v2, 800, 400, 4);
    ASSERT_EQ(kept.size(), 4u);
    EXPECT_EQ(kept.back(), 800);
    const double share = (log_snr(400) - log_snr(800)) / 4;
    EXPECT_NEAR(log_snr(kept[2]) - log_snr(kept[3]), share, 0.02);
    EXPECT_NEAR(log_snr(400) - log_snr(kept[0]), share, 0.02);
    EXPECT_EQ(steps_between(NoiseSchedule::linear, 3, 1, 4), (std::vector<int>{2, 3}))
        << "all that there are";
}

// Two networks with random weights, and a batch of circles and sliders.
class Lessons : public ::testing::Test {
  protected:
    Lessons() : student_(config_, *backend_.backend), values_(student_.layout().size()) {
        info_.config = config_;
        info_.student_steps = {20, 100, 400, 800};
        Philox(1).fill_normal(values_);
        for (float& value : values_) value *= 0.03f;
        teacher_.model = parameter_views(student_.layout(), values_);
        set_metadata(teacher_, info_);
        student_.load(values_.data());
        batch_.size = 3;
        batch_.tokens = 12;
        const int64_t cells = batch_.size * batch_.tokens;
        batch_.x.assign(static_cast<size_t>(2 * cells), 0.5f);
        for (int64_t i = 0; i < cells; ++i) {
            batch_.x[static_cast<size_t>(i / 12 * 24 + i % 12)] = 0.2f + 0.05f * static_cast<float>(i % 12);
            batch_.time.push_back(200.0f * static_cast<float>(i % 12));
            batch_.distance.push_back(0.05f * 512);
            batch_.type.push_back(0);
        }
        // The first window begins within a slider, and the second has one that it does not see the end of.
        batch_.type[0] = static_cast<uint8_t>(PointType::last_anchor);
        batch_.type[1] = static_cast<uint8_t>(PointType::slider_end_1);
        batch_.type[22] = static_cast<uint8_t>(PointType::slider_head);
        batch_.type[23] = static_cast<uint8_t>(PointType::last_anchor);
        batch_.label = {0, 1, 4};
        batch_.lengths = {12, 12, 9};
        batch_.sample = {0, 1, 2};
    }
    const DitConfig config_{1, 32, 2, 4};
    OpenDevice backend_ = open_device({"cpu", "f32"});
    Dit student_;
    std::vector<float> values_;
    CheckpointInfo info_;
    Checkpoint teacher_;
    Batch batch_;
};

TEST_F(Lessons, LeadFromNoiseToWhereTheTeacherComes) {
    Distillation distillation(teacher_, info_, student_, 4096);
    ASSERT_EQ(distillation.levels(), 4);
    Lesson lesson;
    distillation.teach(batch_, lesson);
    ASSERT_EQ(lesson.rows.size, 12);
    EXPECT_EQ(lesson.step, (std::vector<int>{800, 800, 800, 400, 400, 400, 100, 100, 100, 20, 20, 20}));
    EXPECT_EQ(lesson.rows.label[7], 1);
    EXPECT_EQ(lesson.rows.type[9 * 12 + 1], batch_.type[1]);

    const Diffusion all(NoiseSchedule::squaredcos_cap_v2, respace("1000"));
    const auto signal = [&](int t) { return std::sqrt(all.alpha_cumprod[t]); };
    const auto spread = [&](int t) { return std::sqrt(1 - all.alpha_cumprod[t]); };
    for (size_t row = 0; row < 12; ++row)
        for (size_t i = row * 24; i < row * 24 + 24; ++i) {
            const int t = lesson.step[row];
            EXPECT_NEAR(lesson.x_t[i], signal(t) * lesson.rows.x[i] + spread(t) * lesson.noise[i], 1e-4);
            // Even samples go on where one step of ddim with the truth comes.
            if (row >= 9 || row % 3 == 1) continue;
            const int next = lesson.step[row + 3];
            EXPECT_NEAR(lesson.x_t[i + 3 * 24],
                        signal(next) * lesson.rows.x[i] + spread(next) * lesson.noise[i], 1e-4)
                << row;
        }
    // At the end all constraints hold: neighbours in the middle of a window are 25.6 px apart.
    const float* x = lesson.rows.x.data() + 9 * 24;
    for (size_t i = 5; i < 12; ++i)
        EXPECT_NEAR(std::hypot(512 * (x[i] - x[i - 1]), 384 * (x[12 + i] - x[11 + i])), 25.6, 1) << i;
}

TEST_F(Lessons, FollowTheStudentInEveryOtherWindow) {
    Distillation distillation(teacher_, info_, student_, 24);  // a window or two at a time
    Lesson before, after;
    distillation.teach(batch_, before);
    std::vector<float> other = values_;
    for (float& value : other) value *= 1.5f;
    student_.load(other.data());
    distillation.teach(batch_, after);
    const auto row = [](const Lesson& lesson, size_t index) {
        return std::vector(lesson.x_t.begin() + static_cast<int64_t>(index * 24),
                           lesson.x_t.begin() + static_cast<int64_t>(index * 24 + 24));
    };
    EXPECT_EQ(row(before, 9), row(after, 9));
    EXPECT_NE(row(before, 10), row(after, 10));
    EXPECT_EQ(row(before, 1), row(after, 1)) << "all begin at noise";
}

TEST_F(Lessons, AnotherNetworkCannotTeach) {
    info_.config.num_classes = 5;
    EXPECT_THROW(Distillation(teacher_, info_, student_, 4096), Error);
}

using Students = test::TrainingRun;

TEST_F(Students, LearnGoOnAndAreSampledFromAsTheyWereMade) {
    options.max_steps = 12;
    options.batch_size = 3;
    const TrainOutcome teacher = train(options, {});
    TrainOptions distill = options;
    distill.model.clear();
    distill.teacher = teacher.checkpoint;
    distill.max_steps = 12;
    distill.log_every = 4;
    std::vector<LogEntry> log;
    const TrainOutcome whole =
        train(distill,
              {{}, [&](const auto&, std::span<const LogEntry> all) { log.assign(all.begin(), all.end()); }});
    EXPECT_EQ(whole.step, 12) << "the student's steps begin anew";
    ASSERT_EQ(log.size(), 3u);
    EXPECT_LT(log.back().loss, 0.97 * log.front().loss);

    int asked = 0;
    const TrainOutcome half = train(distill, {[&] { return ++asked == 5; }, {}});
    ASSERT_EQ(half.step, 5);
    TrainOptions rest = distill;
    rest.ckpt = half.checkpoint;
    EXPECT_EQ(all_floats(read_checkpoint(train(rest, {}).checkpoint)),
              all_floats(read_checkpoint(whole.checkpoint)));
    rest.distill_steps = 3;
    EXPECT_THROW(train(rest, {}), Error) << "it was made for 4";
    rest.teacher.clear();
    EXPECT_THROW(train(rest, {}), Error) << "it needs its teacher";

    const CheckpointInfo info = describe(read_checkpoint(whole.checkpoint)),
                         other = describe(read_checkpoint(teacher.checkpoint));
    EXPECT_EQ(info.student_steps, respace_few(info.noise_schedule, 4));
    SamplingOptions asks;
    EXPECT_EQ(sampler_name(asks, info), "ddim");
    EXPECT_EQ(sampling_steps(asks, info).timestep, info.student_steps);
    EXPECT_EQ(sampler_name(asks, other), "dpm++");
    EXPECT_EQ(sampling_steps(asks, other).steps(), 15u);
    asks.steps = "4";
    EXPECT_EQ(sampler_name(asks, info), "ddim");
    asks.steps = "8";
    EXPECT_EQ(sampler_name(asks, info), "dpm++");
    EXPECT_EQ(sampling_steps(asks, info).steps(), 8u);
}

}  // namespace
}  // namespace osu
