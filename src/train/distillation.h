// What a student of few steps learns. From each of the noise levels that it keeps, its teacher goes on to the
// next one in several steps, held to the spacing as in sampling; the student is to get there in one. The
// noise that it would have to find in x for that stands, in the loss, in the place of the noise that was
// added.
//
// The way begins at pure noise, as sampling does, so the student is asked about places that it will see.
// Every other window goes on from where the teacher came, the others from where the student itself comes: it
// learns to mend its own errors.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "archive/checkpoint.h"
#include "data/windows.h"
#include "model/dit.h"
#include "sampling/checkpoint_metadata.h"

namespace osu {

// What the network is given, and what it should say. Of a batch of B windows with a teacher: row i·B + b is
// window b at the student's level i, from the noisiest one.
struct Lesson {
    Batch rows;                     // x is x₀
    std::vector<float> noise, x_t;  // (rows, 2, T)
    std::vector<int> step;          // (rows) of the 1,000
};

class Distillation {
  public:
    // `info`: the student's, with the steps that it keeps. The student is asked as it is loaded at the time,
    // and alive as long as this. Error where the teacher is another network.
    Distillation(const Checkpoint& teacher, const CheckpointInfo& info, Dit& student, int64_t tokens_at_once);
    ~Distillation();

    int64_t levels() const;
    // A function of the batch's samples, their rhythms and the student. `part_done` is called now and then.
    void teach(const Batch& batch, Lesson& lesson, const std::function<void()>& part_done = {});

  private:
    struct Segment;
    struct Way;
    const uint64_t seed_;
    Dit teacher_;
    Dit& student_;
    const int64_t tokens_at_once_;
    std::shared_ptr<void> values_;   // of the teacher
    std::vector<Segment> segments_;  // from the noisiest level

    void teach_rows(const Batch& batch, int64_t first, int64_t rows, Lesson& lesson);
};

// The steps of a teacher from `from` down to `to`, without that, ascending: `count` evenly in the logarithm
// of signal over noise, or as many as there are.
std::vector<int> steps_between(NoiseSchedule schedule, int from, int to, int count);

}  // namespace osu
