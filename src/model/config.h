// The sizes of a diffusion transformer.
#pragma once

#include <string>
#include <string_view>

#include "base/tensor.h"

namespace osu {

struct DitConfig {
    int depth = 12, hidden = 768, heads = 12;
    int num_classes = 52670;  // the label table has one row more: the null class

    int null_label() const { return num_classes; }
    int head_size() const { return hidden / heads; }
    int modulation_size() const { return (6 * depth + 2) * hidden; }  // columns of all adaLN outputs
    std::string name() const;  // "DiT-XS" … "DiT-XL", or "DiT(depth, hidden, heads)"
    bool operator==(const DitConfig&) const = default;
};

// DiT-XS (ours), and the reference's DiT-S, -B, -L, -XL. Error with the list for another name.
DitConfig dit_config(std::string_view name, int num_classes);

// The sizes that a state dict has. `heads` 0: by the table of known sizes, else an Error that asks for the
// number. Error when tensors are missing, or their shapes do not fit one another.
DitConfig infer_config(const TensorMap& weights, int heads = 0);

// The widths of the inputs, the same in every size, as the reference has them.
constexpr int position_features = 128;  // of x, of y
constexpr int time_features = 128;      // of o
constexpr int distance_features = 128;  // the first part of c
constexpr int type_features = 16;       // the second part of c
constexpr int timestep_features = 256;
constexpr int context_features = time_features + distance_features + type_features;  // 272
constexpr int input_features = 2 * position_features + context_features;             // 528
constexpr int output_channels = 4;                                                   // 2 of ε, 2 of variance

}  // namespace osu
