// The training loss of a backend, with everything in host memory and channels before tokens, as the goldens
// have it.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "diffusion/loss.h"
#include "model/dit_inputs.h"
#include "model/staging.h"

namespace osu::test {

struct LossInput {
    std::span<const float> x0, x_t, noise;  // (B, 2, T)
    std::span<const float> out;             // (B, 4, T) of the network
    std::span<const int> timestep;          // (B)
    std::span<const int32_t> lengths;       // (B) valid tokens, or empty: all
    int64_t batch = 0, tokens = 0;
    bool l1 = true;
};

struct LossTerms {
    std::span<float> error, bound;  // (B) each
};

// Returns the mean over the batch of error + bound. d_out (B, 4, T), the gradient of that mean times `scale`,
// is written when not empty.
inline double diffusion_loss(Backend& backend, const Diffusion& diffusion, const LossInput& input,
                             const LossTerms& terms, float scale, std::span<float> d_out) {
    const int64_t batch = input.batch, tokens = input.tokens, count = batch * tokens;
    Staging staging(backend);
    const auto x0 = staging.add<float>(2 * count), x_t = staging.add<float>(2 * count),
               noise = staging.add<float>(2 * count), out = staging.add<float>(4 * count),
               gradient = staging.add<float>(4 * count), sums = staging.add<float>(2 * batch);
    const auto rows = staging.add<LossRow>(batch);
    const auto put = [&](const auto& values, auto part) {
        std::copy(values.begin(), values.end(), staging.host(part).begin());
    };
    put(input.x0, x0);
    put(input.x_t, x_t);
    put(input.noise, noise);
    put(loss_rows(diffusion, input.timestep, input.lengths, tokens,
                  double{scale} / static_cast<double>(batch)),
        rows);
    channels_to_tokens(input.out, batch, tokens, staging.host(out));
    std::fill(staging.host(gradient).begin(), staging.host(gradient).end(), NAN);
    staging.send();

    const auto on_device = [&](auto part) { return const_cast<float*>(staging.device(part).data()); };
    const auto matrix = [&](auto part) { return Matrix{on_device(part), DType::f32, count, 4, 4}; };
    backend.diffusion_loss({staging.device(rows).data(), batch, tokens, input.l1, on_device(x0),
                            on_device(x_t), on_device(noise), matrix(out)},
                           d_out.empty() ? Matrix{} : matrix(gradient), on_device(sums));
    std::vector<float> values(static_cast<size_t>(4 * count)), pairs(static_cast<size_t>(2 * batch));
    backend.download(pairs.data(), on_device(sums), pairs.size() * sizeof(float));
    double total = 0;
    for (size_t b = 0; b < pairs.size() / 2; ++b) {
        terms.error[b] = pairs[2 * b];
        terms.bound[b] = pairs[2 * b + 1];
        total += (double{pairs[2 * b]} + pairs[2 * b + 1]) / static_cast<double>(batch);
    }
    if (d_out.empty()) return total;
    backend.download(values.data(), on_device(gradient), values.size() * sizeof(float));
    tokens_to_channels(values, batch, tokens, d_out);
    return total;
}

}  // namespace osu::test
