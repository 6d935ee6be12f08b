#include "train/validation.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace osu {

namespace {

constexpr int64_t most_windows = 512, most_taught_windows = 32;

}  // namespace

ValidationLoss validate(const RunStart& start, const TrainOptions& options, Communicator& ranks,
                        const TrainingState& state, Dit& network, Objective& objective) {
    WindowOptions windows = window_options(options, start.info);
    windows.augment = false;
    windows.label_dropout = 1;  // nothing is known of a style that was never seen
    const WindowLoader loader(start.dataset, start.split.validation, windows);
    const int64_t most = options.teacher.empty() ? most_windows : most_taught_windows;
    const int64_t all = std::min(most, static_cast<int64_t>(loader.windows_per_epoch()));
    const Share share = share_of(all, ranks);
    Batch batch;
    loader.load(static_cast<uint64_t>(share.first), share.count, batch);
    const auto sum_of_losses = [&] {
        const std::vector<float> losses = objective.validate(batch, all);
        return std::accumulate(losses.begin(), losses.end(), 0.0);
    };
    std::array<double, 2> mine;
    mine[0] = sum_of_losses();
    network.load(state.ema());
    mine[1] = sum_of_losses();
    network.load(state.parameters());
    const std::vector<double> told = ranks.gather(mine);
    ValidationLoss loss;
    for (size_t rank = 0; rank < told.size() / 2; ++rank) {
        loss.parameters += told[2 * rank];
        loss.ema += told[2 * rank + 1];
    }
    loss.parameters /= static_cast<double>(all);
    loss.ema /= static_cast<double>(all);
    return loss;
}

}  // namespace osu
