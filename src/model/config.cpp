#include "model/config.h"

#include <array>

#include <fmt/ranges.h>

#include "base/error.h"
#include "base/text.h"
#include "model/parameters.h"

namespace osu {

namespace {

struct NamedSize {
    std::string_view name;
    int depth, hidden, heads;
};

constexpr std::array<NamedSize, 5> known_sizes{{{"DiT-XS", 6, 256, 4},
                                                {"DiT-S", 12, 384, 6},
                                                {"DiT-B", 12, 768, 12},
                                                {"DiT-L", 24, 1024, 16},
                                                {"DiT-XL", 28, 1152, 16}}};

int64_t dimension(const TensorMap& weights, std::string_view name, size_t axis) {
    const Shape& shape = tensor_of(weights, name).shape;
    if (shape.size() != 2) fail("{} has {} dimensions instead of 2", name, shape.size());
    return shape[axis];
}

int heads_of(int depth, int hidden) {
    for (const auto& size : known_sizes)
        if (size.depth == depth && size.hidden == hidden) return size.heads;
    fail(Hint{"sample takes it from --num-heads; a checkpoint that this program trained says it itself"},
         "a network of depth {} and hidden size {} is none of the known sizes, so its number of heads is "
         "unknown",
         depth, hidden);
}

}  // namespace

std::string DitConfig::name() const {
    for (const auto& size : known_sizes)
        if (size.depth == depth && size.hidden == hidden && size.heads == heads)
            return std::string(size.name);
    return fmt::format("DiT({}, {}, {})", depth, hidden, heads);
}

DitConfig dit_config(std::string_view name, int num_classes) {
    std::vector<std::string_view> names;
    for (const auto& size : known_sizes) {
        if (size.name == name) return {size.depth, size.hidden, size.heads, num_classes};
        names.push_back(size.name);
    }
    fail(Hint{"known are " + listed(names)}, "there is no model {}", name);
}

DitConfig infer_config(const TensorMap& weights, int heads) {
    DitConfig config;
    config.hidden = static_cast<int>(dimension(weights, input_weight, 0));
    config.num_classes = static_cast<int>(dimension(weights, label_table, 0)) - 1;
    config.depth = 0;
    while (weights.contains(fmt::format(attention_input_weight, config.depth))) ++config.depth;
    if (config.depth == 0) fail("the checkpoint is no osu-diffusion network: it has no blocks");
    if (config.hidden < 16 || config.hidden % 16 != 0)
        fail("a hidden size of {} is not a multiple of 16", config.hidden);
    config.heads = heads > 0 ? heads : heads_of(config.depth, config.hidden);
    if (config.hidden % config.heads != 0)
        fail("{} heads do not divide the hidden size {}", config.heads, config.hidden);
    const ParameterLayout layout(config);
    for (const Parameter& parameter : layout.all()) {
        const TensorView& tensor = tensor_of(weights, parameter.name);
        if (tensor.shape != parameter.shape)
            fail("{} has the shape ({}), but a {} needs ({})", parameter.name, fmt::join(tensor.shape, ", "),
                 config.name(), fmt::join(parameter.shape, ", "));
    }
    return config;
}

}  // namespace osu
