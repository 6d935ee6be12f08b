#include "ops/devices.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace osu {
namespace {

TEST(Devices, AreOpenedByName) {
    const OpenDevice cpu = open_device({"cpu", "f32"});
    EXPECT_EQ(cpu.name, "CPU");
    EXPECT_EQ(cpu.backend->compute_type(), DType::f32);
    EXPECT_EQ(open_device({"cpu", "bf16"}).backend->compute_type(), DType::bf16);
    const OpenDevice any = open_device({"auto", "f32"});
    ASSERT_TRUE(any.backend);
#ifdef OSU_CUDA
    EXPECT_EQ(any.notice.empty(), any.name != "CPU") << "a GPU that does not answer is told of";
#else
    EXPECT_EQ(any.name, "CPU");
    EXPECT_TRUE(any.notice.empty()) << any.notice;
#endif
}

TEST(Devices, WrongNamesAreErrors) {
    for (const char* device : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:99"})
        EXPECT_THROW(open_device({device, "auto"}), Error) << device;
    for (const char* device : {"cpu", "auto"}) EXPECT_THROW(open_device({device, "f16"}), Error) << device;
}

#ifndef OSU_CUDA
TEST(Devices, AGpuNeedsABuildWithCuda) {
    try {
        open_device({"cuda", "auto"});
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("without CUDA"), std::string::npos) << error.what();
        EXPECT_NE(error.hint().find("preset cuda"), std::string::npos) << error.hint();
    }
}
#endif

}  // namespace
}  // namespace osu
