// From a dataset folder (data/dataset_folder.h) to the pack that training opens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/progress.h"
#include "data/map_filter.h"
#include "data/packed_dataset.h"

namespace osu {

struct PackReport {
    uint64_t maps = 0, datapoints = 0;
    std::vector<SkippedMap> skipped;
};

// Packs a dataset folder, maps in the order of their class index. A bad map is skipped and named in the
// report; memory stays bounded whatever the size.
PackReport pack_dataset(const std::filesystem::path& dataset, const std::filesystem::path& file,
                        const Listener& listener = {});

// What training opens: a pack itself, or a dataset folder with `dataset.pack` in it, which is made where it
// is missing or older than the folder's content. Warns of maps that are skipped, and of a pack that is taken
// although it may be old.
PackedDataset open_dataset(const std::filesystem::path& pack_or_folder, const Listener& listener = {},
                           WhenCut when_cut = WhenCut::end_process);

}  // namespace osu
