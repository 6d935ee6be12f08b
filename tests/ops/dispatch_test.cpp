#include "support/dispatch.h"

#include "ops/backend.h"

namespace osu::test {
namespace {

TEST(Dispatch, OlderInstructions) {
    if (!passes_with_older_instructions("*")) GTEST_SKIP() << "held down already";
}

TEST(Dispatch, Bfloat16IsFastOnlyWhereProductsAre) {
    const char* isa = std::getenv("ONEDNN_MAX_CPU_ISA");
    if (!isa) GTEST_SKIP() << "depends on this CPU";
    EXPECT_FALSE(cpu_has_bfloat16()) << isa;
}

}  // namespace
}  // namespace osu::test
