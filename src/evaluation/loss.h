// The denoising loss on held-out maps, by how much noise there is.
#pragma once

#include "base/tensor.h"
#include "data/packed_dataset.h"
#include "evaluation/figures.h"
#include "ops/backend.h"
#include "sampling/checkpoint_metadata.h"

namespace osu {

constexpr size_t loss_deciles = 10;

// What training minimises with its usual L1 loss (the variational bound with it), without a style: the mean
// over all timesteps, then that over each tenth of them, from little noise to much.
std::vector<Figure> denoising_loss(const PackedDataset& dataset, const std::vector<uint32_t>& maps,
                                   const CheckpointInfo& info, const TensorMap& weights, Backend& backend,
                                   size_t windows);

}  // namespace osu
