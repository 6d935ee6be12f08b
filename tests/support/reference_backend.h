// Every operation of ops/backend.h, slow and obvious: float32 storage, float64 sums, one thread. What the
// fast backends are compared with, and what shows the network right before they are.
#pragma once

#include "ops/backend.h"

namespace osu::test {

std::unique_ptr<Backend> make_reference_backend();
// Its parts:
void reference_loss(const LossBatch& batch, Matrix d_out, float* terms);
void reference_adamw(const AdamWArenas& arenas, const AdamWFactors& factors, const StepTotals& totals);

}  // namespace osu::test
