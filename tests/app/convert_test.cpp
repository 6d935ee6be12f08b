#include <gtest/gtest.h>

#include "app/command.h"
#include "archive/checkpoint.h"
#include "support/goldens.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

using test::run_command;

class Convert : public ::testing::Test {
  protected:
    void SetUp() override {
        const auto found = test::shared("golden/checkpoint_tiny.pt");
        if (!found) GTEST_SKIP() << "../shared/golden is absent";
        source_ = found->string();
        original_ = read_checkpoint(source_);
    }

    Checkpoint convert(std::vector<std::string> arguments, const std::string& name) {
        arguments.insert(arguments.begin(), "convert");
        arguments.push_back((folder_ / name).string());
        const auto result = run_command(arguments);
        EXPECT_EQ(result.error, "");
        EXPECT_NE(result.output.find((folder_ / name).string()), std::string::npos) << result.output;
        return read_checkpoint(folder_ / name);
    }

    static void expect_same_values(const TensorMap& found, const TensorMap& expected) {
        EXPECT_EQ(found.size(), expected.size());
        for (const auto& [name, tensor] : expected)
            EXPECT_EQ(to_floats(found.at(name)), to_floats(tensor)) << name;
    }

    test::TemporaryFolder folder_;
    std::string source_;
    Checkpoint original_;
};

TEST_F(Convert, BothWays) {
    const Checkpoint native = convert({source_}, "a.safetensors");
    expect_same_values(native.model, original_.model);
    expect_same_values(native.exp_avg_sq, original_.exp_avg_sq);
    const Checkpoint back = convert({(folder_ / "a.safetensors").string()}, "b.pt");
    expect_same_values(back.ema, original_.ema);
    expect_same_values(back.exp_avg, original_.exp_avg);
    EXPECT_EQ(back.optimizer_step, original_.optimizer_step);
    EXPECT_EQ(back.metadata, original_.metadata);
}

TEST_F(Convert, OnlyOneSetOfWeights) {
    for (const char* extension : {".safetensors", ".pt"}) {
        const Checkpoint ema = convert({source_, "--weights", "ema"}, std::string("ema") + extension);
        EXPECT_TRUE(ema.model.empty() && ema.exp_avg.empty() && ema.exp_avg_sq.empty());
        expect_same_values(ema.weights(), original_.ema);
        const Checkpoint model = convert({source_, "--weights", "model"}, std::string("model") + extension);
        EXPECT_TRUE(model.ema.empty() && model.exp_avg.empty());
        expect_same_values(model.weights(), original_.model);
        EXPECT_LT(std::filesystem::file_size(folder_ / (std::string("ema") + extension)),
                  std::filesystem::file_size(source_) / 3);
    }
    const auto result = run_command(
        {"convert", (folder_ / "ema.pt").string(), (folder_ / "x.pt").string(), "--weights", "model"});
    EXPECT_EQ(result.error, "the checkpoint has no model weights");
    EXPECT_FALSE(std::filesystem::exists(folder_ / "x.pt"));
}

TEST_F(Convert, HalfTheSize) {
    const Checkpoint half = convert({source_, "--weights", "ema", "--dtype", "bf16"}, "half.pt");
    for (const auto& [name, tensor] : half.ema) {
        EXPECT_EQ(tensor.type, DType::bf16) << name;
        const std::vector<float> found = to_floats(tensor), expected = to_floats(original_.ema.at(name));
        for (size_t i = 0; i < found.size(); ++i)
            ASSERT_EQ(found[i], to_float(to_bfloat16(expected[i]))) << name;
    }
    const Checkpoint again = convert({(folder_ / "half.pt").string(), "--dtype", "f32"}, "full.safetensors");
    EXPECT_EQ(again.ema.at("t_embedder.mlp.0.bias").type, DType::f32);
    expect_same_values(again.ema, half.ema);
}

TEST_F(Convert, RefusesOtherNames) {
    EXPECT_NE(run_command({"convert", source_, (folder_ / "a.zip").string()}).error.find("extension"),
              std::string::npos);
    EXPECT_NE(run_command({"convert", "/absent.pt", (folder_ / "a.pt").string()}).error.find("/absent.pt"),
              std::string::npos);
}

}  // namespace
}  // namespace osu
