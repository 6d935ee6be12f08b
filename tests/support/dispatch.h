// The same binary on an older CPU: this test program again, with the instructions held down.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/file.h"
#include "support/temporary_folder.h"

namespace osu::test {

// `filter`: which tests, as --gtest_filter has it, those of CUDA left out. False where this run is the
// held-down one.
inline bool passes_with_older_instructions(const std::string& filter) {
    if (std::getenv("ONEDNN_MAX_CPU_ISA")) return false;
    const std::string self = std::filesystem::read_symlink("/proc/self/exe");
    const TemporaryFolder folder;
    const std::filesystem::path log = folder / "log";
    for (const std::string isa : {"SSE41", "AVX2", "AVX512_CORE"}) {
        // Into a file: ctest would take the other run's word for a skipped test as said of this one.
        const std::string command = "ONEDNN_MAX_CPU_ISA=" + isa + " '" + self +
                                    "' --gtest_brief=1 '--gtest_filter=" + filter + "-*cuda*' >'" +
                                    log.string() + "' 2>&1";
        EXPECT_EQ(std::system(command.c_str()), 0) << isa << "\n" << read_file(log);
    }
    return true;
}

}  // namespace osu::test
