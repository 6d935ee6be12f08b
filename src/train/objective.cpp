#include "train/objective.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "base/parallel.h"
#include "base/profile.h"
#include "base/random.h"
#include "model/staging.h"

namespace osu {

namespace {

// The window loader's streams have the top bytes 1 to 4.
constexpr uint64_t noise_stream = uint64_t{16} << 56;

int64_t quotient_up(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

// Windows of a micro-batch: as even as those of at most `most` can be.
int64_t micro_batch(int64_t batch, int64_t most) {
    return quotient_up(batch, quotient_up(batch, std::clamp<int64_t>(most, 1, batch)));
}

// Of a window that is several rows, whose loss is their mean. Its teacher says nothing of the variance: where
// the least is the most and the means agree, the bound and its slopes are 0.
void make_taught(LossRow& row, int64_t rows) {
    row.mean_weight /= static_cast<double>(rows);
    row.gradient_weight /= static_cast<double>(rows);
    row.coef1 = row.coef2 = 0;
    row.log_least = row.log_most;
    row.first = false;
}

template <class T>
std::span<const T> rows_of(const std::vector<T>& all, int64_t first, int64_t rows, int64_t width) {
    return std::span(all).subspan(static_cast<size_t>(first * width), static_cast<size_t>(rows * width));
}

}  // namespace

struct Objective::Inputs {
    const int64_t rows, tokens;
    Staging staging;
    const Staging::Part<float> x0, x_t, noise;  // (B, 2, T)
    const Staging::Part<LossRow> loss_rows;     // (B)

    Inputs(Backend& backend, int64_t rows, int64_t tokens)
        : rows(rows),
          tokens(tokens),
          staging(backend),
          x0(staging.add<float>(2 * rows * tokens)),
          x_t(staging.add<float>(2 * rows * tokens)),
          noise(staging.add<float>(2 * rows * tokens)),
          loss_rows(staging.add<LossRow>(rows)) {}

    void send(std::span<const float> clean, std::span<const float> noised, std::span<const float> added,
              const std::vector<LossRow>& weights) {
        const auto put = [&](const auto& values, auto part) {
            std::copy(values.begin(), values.end(), staging.host(part).begin());
        };
        put(clean, x0);
        put(noised, x_t);
        put(added, noise);
        put(weights, loss_rows);
        staging.send();
    }
    LossBatch loss(Matrix out, bool l1) const {
        return {staging.device(loss_rows).data(),
                rows,
                tokens,
                l1,
                staging.device(x0).data(),
                staging.device(x_t).data(),
                staging.device(noise).data(),
                out};
    }
};

Objective::Objective(const Diffusion& diffusion, bool l1, uint64_t seed, Dit& network, int64_t tokens_at_once,
                     Distillation* distillation)
    : diffusion_(diffusion),
      l1_(l1),
      seed_(seed),
      network_(network),
      tokens_at_once_(tokens_at_once),
      distillation_(distillation) {}

Objective::~Objective() = default;

// All micro-batches have one shape, for memory and recordings are made for a shape: behind the batch come
// windows without a datapoint, which count for nothing.
const Batch& Objective::filled_up(const Batch& batch) {
    if (batch.size == 0) return batch;
    const int64_t at_once = micro_batch(batch.size, tokens_at_once_ / batch.tokens);
    const int64_t size = at_once * quotient_up(batch.size, at_once);
    if (size == batch.size) return batch;
    filled_ = batch;
    filled_.size = size;
    const size_t windows = static_cast<size_t>(size),
                 datapoints = windows * static_cast<size_t>(batch.tokens);
    filled_.x.resize(2 * datapoints);
    for (std::vector<float>* values : {&filled_.time, &filled_.distance}) values->resize(datapoints);
    filled_.type.resize(datapoints);
    filled_.label.resize(windows, batch.label[0]);
    filled_.lengths.resize(windows);
    filled_.sample.resize(windows);
    return filled_;
}

// spread_over: how many samples share the timesteps evenly; 0: each draws its own.
void Objective::draw(const Batch& batch, int64_t spread_over, const std::function<void()>& part_done) {
    if (distillation_) {
        distillation_->teach(batch, lesson_, part_done);
    } else {
        const ProfileScope scope("noise");
        const size_t width = static_cast<size_t>(2 * batch.tokens);
        lesson_.rows = batch;
        lesson_.noise.resize(batch.x.size());
        lesson_.x_t.resize(batch.x.size());
        lesson_.step.resize(static_cast<size_t>(batch.size));
        const uint64_t steps = diffusion_.steps(), spread = static_cast<uint64_t>(spread_over);
        parallel_for(batch.size, [&](int64_t row) {
            const size_t r = static_cast<size_t>(row);
            Philox random(seed_, noise_stream | batch.sample[r]);
            const uint64_t drawn = random.below(steps);
            lesson_.step[r] =
                static_cast<int>(spread > 0 ? (2 * batch.sample[r] + 1) * steps / (2 * spread) : drawn);
            random.fill_normal(std::span(lesson_.noise).subspan(r * width, width));
        });
        add_noise(diffusion_, batch.x, lesson_.noise, lesson_.step, lesson_.x_t);
    }
    timestep_.clear();
    for (const int step : lesson_.step)
        timestep_.push_back(static_cast<float>(diffusion_.timestep[static_cast<size_t>(step)]));
}

void Objective::run_rows(int64_t first, int64_t rows, const Pass& pass) {
    const Batch& batch = lesson_.rows;
    const int64_t tokens = batch.tokens;
    Backend& backend = network_.backend();
    const bool whole = std::all_of(batch.lengths.begin() + first, batch.lengths.begin() + first + rows,
                                   [&](int32_t length) { return length == tokens; });
    const auto lengths = whole ? std::span<const int32_t>() : rows_of(batch.lengths, first, rows, 1);
    const auto x_t = rows_of(lesson_.x_t, first, rows, 2 * tokens);
    network_.forward({rows, tokens, x_t, rows_of(batch.time, first, rows, tokens),
                      rows_of(batch.distance, first, rows, tokens), rows_of(batch.type, first, rows, tokens),
                      rows_of(timestep_, first, rows, 1), rows_of(batch.label, first, rows, 1), lengths, 0});

    if (!inputs_ || inputs_->rows != rows || inputs_->tokens != tokens)
        inputs_ = std::make_unique<Inputs>(backend, rows, tokens);
    std::vector<LossRow> weights = loss_rows(diffusion_, rows_of(lesson_.step, first, rows, 1), lengths,
                                             tokens, 1 / static_cast<double>(pass.whole));
    if (distillation_)
        for (LossRow& row : weights) make_taught(row, rows_of_window());
    inputs_->send(rows_of(batch.x, first, rows, 2 * tokens), x_t,
                  rows_of(lesson_.noise, first, rows, 2 * tokens), weights);
    backend.diffusion_loss(inputs_->loss(network_.output(), l1_),
                           pass.gradients ? network_.output_gradient() : Matrix{},
                           static_cast<float*>(terms_.get()) + 2 * first);
    const bool last = first + rows == batch.size;
    if (pass.gradients) network_.backward({pass.gradients, first == 0}, last ? pass.listener : nullptr);
    if (pass.micro_batch_done) pass.micro_batch_done();
}

void Objective::run_drawn(const Pass& pass) {
    const Batch& batch = lesson_.rows;
    if (terms_rows_ < batch.size) {
        terms_ = network_.backend().allocate(static_cast<size_t>(2 * batch.size) * sizeof(float));
        terms_rows_ = batch.size;
    }
    // So many windows fill up evenly, and their rows do then.
    const int64_t at_once = micro_batch(batch.size / rows_of_window(), tokens_at_once_ / batch.tokens);
    for (int64_t first = 0; first < batch.size; first += at_once) run_rows(first, at_once, pass);
}

std::vector<float> Objective::losses_of(const Batch& batch, int64_t spread_over) {
    if (batch.size == 0) return {};
    const Batch& filled = filled_up(batch);
    draw(filled, spread_over);
    run_drawn({batch.size, nullptr, nullptr, {}});
    const size_t rows = static_cast<size_t>(lesson_.rows.size), windows = static_cast<size_t>(filled.size);
    std::vector<float> terms(2 * rows);  // error, bound of each row
    network_.backend().download(terms.data(), terms_.get(), terms.size() * sizeof(float));
    std::vector<float> losses(static_cast<size_t>(batch.size));
    for (size_t i = 0; i < rows; ++i)
        if (i % windows < losses.size()) losses[i % windows] += terms[2 * i] + terms[2 * i + 1];
    return losses;
}

void Objective::run(const Batch& batch, int64_t whole, float* gradients, double* loss,
                    GradientListener* listener, const std::function<void()>& micro_batch_done) {
    assert(batch.size > 0);
    draw(filled_up(batch), 0, micro_batch_done);
    run_drawn({whole, gradients, listener, micro_batch_done});
    // Windows that fill up have a loss of zero.
    network_.backend().sum(static_cast<const float*>(terms_.get()),
                           static_cast<size_t>(2 * lesson_.rows.size), loss);
}

std::vector<float> Objective::losses(const Batch& batch) {
    return losses_of(batch, 0);
}

std::vector<float> Objective::validate(const Batch& batch, int64_t whole) {
    return losses_of(batch, whole);
}

std::string maps_to_blame(const PackedDataset& dataset, const Batch& batch, std::span<const double> losses) {
    constexpr size_t most = 8;
    std::set<std::string> maps;
    for (size_t i = 0; i < losses.size(); ++i)
        if (!std::isfinite(losses[i])) maps.insert(dataset.map(batch.map[i % batch.map.size()]).path);
    if (maps.empty())
        for (uint32_t map : batch.map) maps.insert(dataset.map(map).path);
    std::string named;
    size_t count = 0;
    for (const std::string& map : maps) {
        if (++count > most) break;
        named += "\n  " + map;
    }
    if (maps.size() > most) named += fmt::format("\n  and {} more", maps.size() - most);
    return named;
}

}  // namespace osu
