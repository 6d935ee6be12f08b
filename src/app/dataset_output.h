// What `dataset` prints.
#pragma once

#include <filesystem>

#include "data/dataset_builder.h"

namespace osu {

void print_report(const DatasetReport& report, const DatasetOptions& options);
void print_pack(const PackReport& pack);
void print_written(const std::filesystem::path& file);  // and its size

}  // namespace osu
