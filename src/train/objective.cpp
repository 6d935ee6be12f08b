#include "train/objective.h"

#include <algorithm>

#include "base/parallel.h"
#include "base/profile.h"
#include "base/random.h"

namespace osu {

namespace {

// The window loader's streams have the top bytes 1 to 4.
constexpr uint64_t noise_stream = uint64_t{16} << 56;

// The largest micro-batch that divides the batch, so that all have one shape; a smaller last one when none
// comes near.
int64_t micro_batch(int64_t batch, int64_t most) {
    most = std::clamp<int64_t>(most, 1, batch);
    for (int64_t rows = most; rows > most / 2; --rows)
        if (batch % rows == 0) return rows;
    return most;
}

template <class T>
std::span<const T> rows_of(const std::vector<T>& all, int64_t first, int64_t rows, int64_t width) {
    return std::span(all).subspan(static_cast<size_t>(first * width), static_cast<size_t>(rows * width));
}

}  // namespace

Objective::Objective(const Diffusion& diffusion, bool l1, uint64_t seed, Dit& network, int64_t tokens_at_once)
    : diffusion_(diffusion), l1_(l1), seed_(seed), network_(network), tokens_at_once_(tokens_at_once) {}

// spread_over: how many samples share the timesteps evenly; 0: each draws its own.
void Objective::draw(const Batch& batch, int64_t spread_over) {
    const ProfileScope scope("noise");
    const size_t width = static_cast<size_t>(2 * batch.tokens);
    noise_.resize(batch.x.size());
    x_t_.resize(batch.x.size());
    step_.resize(static_cast<size_t>(batch.size));
    timestep_.resize(step_.size());
    const uint64_t steps = diffusion_.steps(), spread = static_cast<uint64_t>(spread_over);
    parallel_for(batch.size, [&](int64_t row) {
        const size_t r = static_cast<size_t>(row);
        Philox random(seed_, noise_stream | batch.sample[r]);
        const uint64_t drawn = random.below(steps);
        step_[r] = static_cast<int>(spread > 0 ? (2 * batch.sample[r] + 1) * steps / (2 * spread) : drawn);
        timestep_[r] = static_cast<float>(diffusion_.timestep[static_cast<size_t>(step_[r])]);
        random.fill_normal(std::span(noise_).subspan(r * width, width));
    });
    add_noise(diffusion_, batch.x, noise_, step_, x_t_);
}

double Objective::run_rows(const Batch& batch, int64_t first, int64_t rows, const Pass& pass) {
    const int64_t tokens = batch.tokens;
    out_.resize(static_cast<size_t>(rows * 4 * tokens));
    d_out_.resize(pass.gradients ? out_.size() : 0);
    const bool whole = std::all_of(batch.lengths.begin() + first, batch.lengths.begin() + first + rows,
                                   [&](int32_t length) { return length == tokens; });
    const auto lengths = whole ? std::span<const int32_t>() : rows_of(batch.lengths, first, rows, 1);
    const auto x_t = rows_of(x_t_, first, rows, 2 * tokens);
    network_.forward({rows, tokens, x_t, rows_of(batch.time, first, rows, tokens),
                      rows_of(batch.distance, first, rows, tokens), rows_of(batch.type, first, rows, tokens),
                      rows_of(timestep_, first, rows, 1), rows_of(batch.label, first, rows, 1), lengths, 0},
                     out_);
    const double loss = diffusion_loss(
        diffusion_,
        {rows_of(batch.x, first, rows, 2 * tokens), x_t, rows_of(noise_, first, rows, 2 * tokens), out_,
         rows_of(step_, first, rows, 1), lengths, rows, tokens, l1_},
        {std::span(error_).subspan(first, rows), std::span(bound_).subspan(first, rows)},
        static_cast<float>(rows) / static_cast<float>(pass.whole), d_out_);
    const bool last = first + rows == batch.size;
    if (pass.gradients) network_.backward(d_out_, pass.gradients, last ? pass.done : GradientsDone());
    if (pass.micro_batch_done) pass.micro_batch_done();
    return loss * static_cast<double>(rows) / static_cast<double>(pass.whole);
}

Objective::Result Objective::run_with_steps(const Batch& batch, const Pass& pass) {
    if (batch.size == 0) return {};
    error_.resize(static_cast<size_t>(batch.size));
    bound_.resize(error_.size());
    const int64_t at_once = micro_batch(batch.size, tokens_at_once_ / batch.tokens);
    Result result;
    for (int64_t first = 0; first < batch.size; first += at_once)
        result.loss += run_rows(batch, first, std::min(at_once, batch.size - first), pass);
    for (size_t i = 0; i < error_.size(); ++i) result.per_window.push_back(error_[i] + bound_[i]);
    return result;
}

Objective::Result Objective::run(const Batch& batch, int64_t whole, float* gradients,
                                 const GradientsDone& done, const std::function<void()>& micro_batch_done) {
    draw(batch, 0);
    return run_with_steps(batch, {whole, gradients, done, micro_batch_done});
}

Objective::Result Objective::validate(const Batch& batch, int64_t whole) {
    draw(batch, whole);
    return run_with_steps(batch, {whole, nullptr, {}, {}});
}

}  // namespace osu
