#include "train/training_state.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace osu {

double learning_rate(const TrainOptions& options, int64_t steps_done, int64_t total_steps) {
    const double step = static_cast<double>(steps_done);
    double rate = options.learning_rate;
    if (options.warmup_steps > 0)
        rate *= std::min(1.0, (step + 1) / static_cast<double>(options.warmup_steps));
    if (options.rate_schedule == RateSchedule::cosine)
        rate *=
            0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, step / static_cast<double>(total_steps))));
    return rate;
}

TrainingState::TrainingState(const ParameterLayout& layout, Backend& backend, BFloat16* rounded)
    : layout_(layout),
      backend_(backend),
      memory_(backend.allocate(5 * layout.size() * sizeof(float))),
      totals_(backend.allocate(sizeof(StepTotals))),
      arenas_(AdamWArenas::in(static_cast<float*>(memory_.get()), layout.size(), rounded)),
      copies_(backend.shares_host_memory() ? nullptr : new float[4 * layout.size()]()),
      staging_(backend),
      factors_(staging_.add<AdamWFactors>(1)),
      label_factors_(staging_.add<AdamWFactors>(1)),
      recording_(backend.make_recording()) {}

void TrainingState::initialize(uint64_t seed) {
    std::vector<float> values(layout_.size());
    osu::initialize(layout_, seed, values);
    const size_t bytes = values.size() * sizeof(float);
    backend_.upload(arenas_.parameter, values.data(), bytes);
    backend_.upload(arenas_.ema, values.data(), bytes);
    backend_.zero(arenas_.exp_avg, bytes);
    backend_.zero(arenas_.exp_avg_sq, bytes);
    step_ = 0;
}

void TrainingState::restore(const Checkpoint& checkpoint, bool relearn_labels) {
    std::vector<float> values(layout_.size());
    const size_t bytes = values.size() * sizeof(float);
    const auto load = [&](const TensorMap& tensors, float* arena) {
        backend_.download(values.data(), arena, bytes);
        load_parameters(layout_, tensors, values, relearn_labels ? label_table : "");
        backend_.upload(arena, values.data(), bytes);
    };
    const TensorMap& model = checkpoint.model.empty() ? checkpoint.weights() : checkpoint.model;
    load(model, arenas_.parameter);
    load(checkpoint.ema.empty() ? model : checkpoint.ema, arenas_.ema);
    backend_.zero(arenas_.exp_avg, bytes);
    backend_.zero(arenas_.exp_avg_sq, bytes);
    step_ = 0;
    if (checkpoint.exp_avg.empty() || checkpoint.exp_avg_sq.empty()) return;
    load(checkpoint.exp_avg, arenas_.exp_avg);
    load(checkpoint.exp_avg_sq, arenas_.exp_avg_sq);
    step_ = checkpoint.optimizer_step;
}

Checkpoint TrainingState::checkpoint() const {
    Checkpoint checkpoint;
    if (!copies_) backend_.wait();
    float* copy = copies_.get();
    const auto give = [&](const float* arena) {
        if (!copies_) return parameter_views(layout_, {arena, layout_.size()});
        backend_.download(copy, arena, layout_.size() * sizeof(float));
        const TensorMap views = parameter_views(layout_, {copy, layout_.size()});
        copy += layout_.size();
        return views;
    };
    checkpoint.model = give(arenas_.parameter);
    checkpoint.ema = give(arenas_.ema);
    checkpoint.exp_avg = give(arenas_.exp_avg);
    checkpoint.exp_avg_sq = give(arenas_.exp_avg_sq);
    checkpoint.optimizer_step = step_;
    return checkpoint;
}

void TrainingState::measure_gradients() {
    backend_.squared_norm(arenas_.gradient, layout_.size(), &totals()->squared_norm);
}

void TrainingState::update_range(size_t first, size_t end, Staging::Part<AdamWFactors> factors) {
    if (first == end) return;
    backend_.adamw(arenas_.range(first, end), staging_.device(factors).data(), totals());
}

void TrainingState::update(const OptimizerOptions& options) {
    ++step_;
    AdamWStep step;
    step.learning_rate = static_cast<float>(options.learning_rate);
    step.ema_decay = static_cast<float>(options.ema_decay);
    step.gradient_clip = static_cast<float>(options.gradient_clip);
    step.step = step_;
    staging_.host(factors_)[0] = adamw_factors(step);
    step.learning_rate *= static_cast<float>(options.label_rate_factor);
    staging_.host(label_factors_)[0] = adamw_factors(step);
    staging_.send();
    if (recorded_label_table_only_ != options.label_table_only) recording_ = backend_.make_recording();
    recorded_label_table_only_ = options.label_table_only;
    recording_->run([&] {
        const Parameter& labels = layout_.find(label_table);
        if (!options.label_table_only) {
            update_range(0, labels.offset, factors_);
            update_range(labels.offset + labels.count, layout_.size(), factors_);
        }
        update_range(labels.offset, labels.offset + labels.count, label_factors_);
    });
}

}  // namespace osu
