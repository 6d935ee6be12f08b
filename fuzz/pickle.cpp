// Any bytes as an index of beatmaps, and as a checkpoint in every format (a .pt of either kind is pickles).
#include "archive/pickle.h"

#include <cstddef>
#include <cstdint>

#include "archive/checkpoint.h"
#include "base/error.h"

namespace {

void touch(const osu::TensorMap& tensors) {
    for (const auto& [name, tensor] : tensors)
        if (osu::to_floats(tensor).size() != static_cast<size_t>(osu::element_count(tensor.shape)))
            __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    try {
        const auto map = osu::parse_pickled_int_map({reinterpret_cast<const char*>(data), size});
        if (osu::parse_pickled_int_map(osu::pickle_int_map(map)) != map) __builtin_trap();
    } catch (const osu::Error&) {
    }
    try {
        const osu::Checkpoint checkpoint = osu::parse_checkpoint(std::as_bytes(std::span(data, size)));
        for (const auto* tensors :
             {&checkpoint.model, &checkpoint.ema, &checkpoint.exp_avg, &checkpoint.exp_avg_sq})
            touch(*tensors);
    } catch (const osu::Error&) {
    }
    return 0;
}
