#include "train/label_table_size.h"

#include <unistd.h>

#include "base/error.h"
#include "base/progress.h"

namespace osu {

void check_label_table(const DitConfig& config, uint64_t memory) {
    constexpr double copies = 5;  // weights, gradients, two moments, the average
    const double bytes = copies * sizeof(float) * (1.0 + config.num_classes) * config.hidden;
    if (bytes <= static_cast<double>(memory)) return;
    fail(Hint{"a class is the number that the name of a map's file in the dataset begins with: number them "
              "anew, "
              "without gaps (osu-diffusion dataset --from OLD --out NEW)"},
         "{} classes make a label table that takes {} in training, and this machine has {}",
         config.num_classes, format_bytes(bytes), format_bytes(static_cast<double>(memory)));
}

uint64_t machine_memory() {
    const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(size) : UINT64_MAX;
}

}  // namespace osu
