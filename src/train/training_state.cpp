#include "train/training_state.h"

namespace osu {

TrainingState::TrainingState(const ParameterLayout& layout, Backend& backend)
    : layout_(layout),
      backend_(backend),
      memory_(backend.allocate(5 * layout.size() * sizeof(float))),
      totals_(backend.allocate(sizeof(StepTotals))),
      copies_(backend.shares_host_memory() ? nullptr : new float[4 * layout.size()]()),
      staging_(backend),
      factors_(staging_.add<AdamWFactors>(1)),
      label_factors_(staging_.add<AdamWFactors>(1)),
      recording_(backend.make_recording()) {
    float* first = static_cast<float*>(memory_.get());
    parameters_ = first;
    gradients_ = first + layout.size();
    exp_avg_ = first + 2 * layout.size();
    exp_avg_sq_ = first + 3 * layout.size();
    ema_ = first + 4 * layout.size();
}

void TrainingState::initialize(uint64_t seed) {
    std::vector<float> values(layout_.size());
    osu::initialize(layout_, seed, values);
    const size_t bytes = values.size() * sizeof(float);
    backend_.upload(parameters_, values.data(), bytes);
    backend_.upload(ema_, values.data(), bytes);
    backend_.zero(exp_avg_, bytes);
    backend_.zero(exp_avg_sq_, bytes);
    step_ = 0;
}

void TrainingState::restore(const Checkpoint& checkpoint, bool relearn_labels) {
    std::vector<float> values(layout_.size());
    const size_t bytes = values.size() * sizeof(float);
    const auto take = [&](const TensorMap& tensors, float* arena) {
        backend_.download(values.data(), arena, bytes);
        load_parameters(layout_, tensors, values, relearn_labels ? label_table : "");
        backend_.upload(arena, values.data(), bytes);
    };
    const TensorMap& model = checkpoint.model.empty() ? checkpoint.weights() : checkpoint.model;
    take(model, parameters_);
    take(checkpoint.ema.empty() ? model : checkpoint.ema, ema_);
    backend_.zero(exp_avg_, bytes);
    backend_.zero(exp_avg_sq_, bytes);
    step_ = 0;
    if (checkpoint.exp_avg.empty() || checkpoint.exp_avg_sq.empty()) return;
    take(checkpoint.exp_avg, exp_avg_);
    take(checkpoint.exp_avg_sq, exp_avg_sq_);
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
    checkpoint.model = give(parameters_);
    checkpoint.ema = give(ema_);
    checkpoint.exp_avg = give(exp_avg_);
    checkpoint.exp_avg_sq = give(exp_avg_sq_);
    checkpoint.optimizer_step = step_;
    return checkpoint;
}

void TrainingState::zero_gradients() {
    backend_.zero(gradients_, layout_.size() * sizeof(float));
}

void TrainingState::measure_gradients() {
    backend_.squared_norm(gradients_, layout_.size(), &totals()->squared_norm);
}

void TrainingState::update_range(size_t first, size_t end, Staging::Part<AdamWFactors> factors) {
    if (first == end) return;
    backend_.adamw(parameters_ + first, gradients_ + first, exp_avg_ + first, exp_avg_sq_ + first,
                   ema_ + first, end - first, staging_.device(factors).data(), totals());
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
