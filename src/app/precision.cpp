#include "app/precision.h"

#include "base/error.h"
#include "ops/backend.h"

namespace osu {

DType precision(const std::string& name) {
    if (name == "auto") return cpu_has_bfloat16() ? DType::bf16 : DType::f32;
    if (name == "f32") return DType::f32;
    if (name == "bf16") return DType::bf16;
    fail(Hint{"known are auto, f32, bf16"}, "there is no precision {}", name);
}

}  // namespace osu
