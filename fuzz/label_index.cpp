// Any bytes as an index of classes: JSON or a pickle, read or refused with an Error.
#include "data/label_index.h"

#include <string_view>

#include "base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace osu;
    try {
        const LabelIndex index = parse_label_index({reinterpret_cast<const char*>(data), size});
        if (parse_label_index(index.to_json()).class_count() != index.class_count()) __builtin_trap();
    } catch (const Error&) {
    }
    return 0;
}
