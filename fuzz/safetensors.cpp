// Any bytes as a .safetensors file: an error or tensors whose every byte may be read.
#include "archive/safetensors.h"

#include <cstddef>
#include <cstdint>

#include "base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    try {
        const auto file = osu::Safetensors::parse(std::as_bytes(std::span(data, size)));
        for (const auto& [name, tensor] : file.tensors())
            if (osu::to_floats(tensor).size() != static_cast<size_t>(osu::element_count(tensor.shape)))
                __builtin_trap();
    } catch (const osu::Error&) {
    }
    return 0;
}
