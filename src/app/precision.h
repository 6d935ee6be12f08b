// The type that the network is computed in, as a flag says it.
#pragma once

#include <string>

#include "base/tensor.h"

namespace osu {

// "auto" (bfloat16 where the CPU multiplies it faster, else float32), "f32" or "bf16". Error for another.
DType precision(const std::string& name);

}  // namespace osu
