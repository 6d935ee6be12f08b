// The inputs of the goldens dit_forward, train_* and sampling as the network takes them.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "archive/safetensors.h"
#include "model/dit.h"

namespace osu::test {

inline std::vector<float> floats_of(const Safetensors& file, const std::string& name) {
    return to_floats(file.tensor(name));
}

// The tensors below a prefix, without it.
inline TensorMap below(const Safetensors& file, const std::string& prefix) {
    TensorMap found;
    for (const auto& [name, tensor] : file.tensors())
        if (name.starts_with(prefix)) found[name.substr(prefix.size())] = tensor;
    return found;
}

struct NetworkInput {
    int64_t batch, tokens;
    std::vector<float> x, time, distance, timestep;
    std::vector<uint8_t> type;
    std::vector<int32_t> label;

    explicit NetworkInput(const Safetensors& file) {
        const Shape& shape = file.tensor("in.c").shape;  // (B, 144, T)
        batch = shape[0];
        tokens = shape[2];
        time = floats_of(file, "in.o");
        distance = floats_of(file, "in.distance");
        const auto c = floats_of(file, "in.c");
        for (int64_t b = 0; b < batch; ++b)
            for (int64_t t = 0; t < tokens; ++t)
                for (int k = 0; k < 16; ++k)
                    if (c[(b * 144 + 128 + k) * tokens + t] == 1) type.push_back(static_cast<uint8_t>(k));
        if (!file.tensors().contains("in.t")) return;
        x = floats_of(file, "in.x");
        timestep = floats_of(file, "in.t");
        for (float y : floats_of(file, "in.y")) label.push_back(static_cast<int32_t>(y));
    }

    DitInput view(int64_t band = 0) const {
        return {batch, tokens, x, time, distance, type, timestep, label, {}, band};
    }
};

// The largest difference, relative to the largest expected entry.
inline double relative_error(const std::vector<float>& actual, const std::vector<float>& expected) {
    double difference = actual.size() == expected.size() ? 0 : INFINITY, largest = 0;
    for (size_t i = 0; i < expected.size() && i < actual.size(); ++i) {
        const double d = std::abs(double{actual[i]} - expected[i]);
        difference = std::isnan(d) ? INFINITY : std::max(difference, d);
        largest = std::max(largest, std::abs(double{expected[i]}));
    }
    return difference / largest;
}

}  // namespace osu::test
