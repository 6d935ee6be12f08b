// The same binary on an older CPU: every test of this program again, with the instructions held down.
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "ops/backend.h"

namespace osu::test {
namespace {

TEST(Dispatch, OlderInstructions) {
    if (std::getenv("ONEDNN_MAX_CPU_ISA")) GTEST_SKIP() << "held down already";
    const std::string self = std::filesystem::read_symlink("/proc/self/exe");
    const std::string log = testing::TempDir() + "osu-dispatch.log";
    for (const std::string isa : {"SSE41", "AVX2", "AVX512_CORE"}) {
        // Into a file: ctest would take the other run's word for a skipped test as said of this one.
        const std::string command =
            "ONEDNN_MAX_CPU_ISA=" + isa + " '" + self + "' --gtest_brief=1 >'" + log + "' 2>&1";
        EXPECT_EQ(std::system(command.c_str()), 0) << isa << ", see " << log;
    }
}

TEST(Dispatch, Bfloat16IsFastOnlyWhereProductsAre) {
    const char* isa = std::getenv("ONEDNN_MAX_CPU_ISA");
    if (!isa) GTEST_SKIP() << "depends on this CPU";
    EXPECT_FALSE(cpu_has_bfloat16()) << isa;
}

}  // namespace
}  // namespace osu::test
