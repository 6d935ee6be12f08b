#include "train/label_table_size.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace osu {
namespace {

constexpr uint64_t gibibyte = uint64_t{1} << 30;

TEST(LabelTable, ThatNoMachineHoldsIsNamed) {
    EXPECT_NO_THROW(check_label_table(dit_config("DiT-XS", 60000), 8 * gibibyte));
    try {
        check_label_table(dit_config("DiT-XS", 100'000'001), 64 * gibibyte);
        FAIL() << "a hundred million rows";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("100000001 classes"), std::string::npos) << error.what();
        EXPECT_NE(std::string(error.hint()).find("number"), std::string::npos) << error.hint();
    }
    EXPECT_GT(machine_memory(), gibibyte / 4);
}

}  // namespace
}  // namespace osu
