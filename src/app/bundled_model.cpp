#include "app/bundled_model.h"

#include <cstddef>
#include <span>

// The assembler takes the file as it is; a compiler would take minutes for 16 million numbers.
asm(R"(
    .section .rodata
    .balign 64
    .globl osu_bundled_model
    .globl osu_bundled_model_end
osu_bundled_model:
    .incbin ")" OSU_BUNDLED_MODEL R"("
osu_bundled_model_end:
    .byte 0
    .previous
)");

extern "C" const std::byte osu_bundled_model[], osu_bundled_model_end[];

namespace osu {

Checkpoint open_checkpoint(const std::string& name) {
    if (!name.empty() && name != bundled_model) return read_checkpoint(name);
    return parse_checkpoint({osu_bundled_model, osu_bundled_model_end});
}

std::string checkpoint_name(const std::string& name) {
    return name.empty() || name == bundled_model ? "the bundled model" : name;
}

}  // namespace osu
