#include "evaluation/loss.h"

#include "data/windows.h"
#include "train/objective.h"

namespace osu {

namespace {

constexpr int resamples = 1000;

Figure mean_with_interval(std::span<const float> values) {
    const auto mean = [&](std::span<const uint32_t> times) {
        double sum = 0;
        for (size_t i = 0; i < values.size(); ++i) sum += times[i] * static_cast<double>(values[i]);
        return sum / static_cast<double>(values.size());
    };
    std::vector<double> means;
    for (int i = 0; i < resamples; ++i)
        means.push_back(mean(resample(values.size(), static_cast<uint64_t>(i))));
    return with_interval(mean(std::vector<uint32_t>(values.size(), 1)), std::move(means));
}

}  // namespace

std::vector<Figure> denoising_loss(const PackedDataset& dataset, const std::vector<uint32_t>& maps,
                                   const CheckpointInfo& info, const TensorMap& weights, Backend& backend,
                                   size_t windows) {
    Dit network(info.config, backend);
    std::vector<float> values(network.layout().size());
    load_parameters(network.layout(), weights, values);
    const auto memory = backend.allocate(values.size() * sizeof(float));
    backend.upload(memory.get(), values.data(), values.size() * sizeof(float));
    network.load(static_cast<const float*>(memory.get()));

    const Diffusion diffusion(info.noise_schedule, respace("1000"));
    Objective objective(diffusion, true, 0, network);
    WindowOptions options;
    options.tokens = info.window();
    options.augment = false;
    options.label_dropout = 1;
    options.null_label = info.config.null_label();
    Batch batch;
    windows = (windows + loss_deciles - 1) / loss_deciles * loss_deciles;
    WindowLoader(dataset, maps, options).load(0, static_cast<int64_t>(windows), batch);
    // The timesteps rise with the row, evenly.
    const std::vector<float> losses = objective.validate(batch, batch.size);
    std::vector<Figure> out{mean_with_interval(losses)};
    for (size_t i = 0; i < loss_deciles; ++i)
        out.push_back(mean_with_interval(
            std::span(losses).subspan(i * windows / loss_deciles, windows / loss_deciles)));
    return out;
}

}  // namespace osu
