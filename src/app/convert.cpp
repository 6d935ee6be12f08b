// osu-diffusion convert: a checkpoint from one format to another, whole or only what sampling needs.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "app/bundled_model.h"
#include "app/verbs.h"
#include "archive/checkpoint.h"
#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/text.h"

namespace osu {

namespace {

struct ConvertFlags {
    std::string from, to, weights = "all", dtype = "keep";
};

// Leaves one set of weights, without the optimiser that belongs to the whole.
void keep_only(Checkpoint& checkpoint, const std::string& which) {
    TensorMap& kept = which == "ema" ? checkpoint.ema : checkpoint.model;
    if (kept.empty())
        fail(Hint{fmt::format("it has --weights {}", which == "ema" ? "model" : "ema")},
             "the checkpoint has no {} weights", which);
    (which == "ema" ? checkpoint.model : checkpoint.ema).clear();
    checkpoint.exp_avg.clear();
    checkpoint.exp_avg_sq.clear();
    checkpoint.metadata.erase("scaler");
}

bool is_real(DType type) {
    return type == DType::f32 || type == DType::f64 || type == DType::f16 || type == DType::bf16;
}

// Gives the tensors another type; the converted elements live in the checkpoint's storage.
void change_type(Checkpoint& checkpoint, TensorMap& tensors, DType type) {
    for (auto& [name, tensor] : tensors) {
        if (!is_real(tensor.type) || tensor.type == type) continue;
        auto data = std::make_shared<std::vector<std::byte>>();
        const std::vector<float> values = to_floats(tensor);
        const auto store = [&](auto convert) {
            using Element = decltype(convert(0.0f));
            data->resize(values.size() * sizeof(Element));
            auto* const out = reinterpret_cast<Element*>(data->data());
            for (size_t i = 0; i < values.size(); ++i) out[i] = convert(values[i]);
        };
        if (type == DType::bf16)
            store(to_bfloat16);
        else
            store([](float value) { return value; });
        tensor = {type, tensor.shape, *data};
        checkpoint.storage.push_back(std::move(data));
    }
}

int64_t parameter_count(const TensorMap& tensors) {
    int64_t count = 0;
    for (const auto& [name, tensor] : tensors) count += element_count(tensor.shape);
    return count;
}

void run_convert(const ConvertFlags& flags) {
    check_output(flags.to, {flags.from});
    Checkpoint checkpoint = open_checkpoint(flags.from);
    verify(checkpoint);
    if (flags.weights != "all") keep_only(checkpoint, flags.weights);
    if (flags.dtype != "keep") {
        const DType type = flags.dtype == "bf16" ? DType::bf16 : DType::f32;
        change_type(checkpoint, checkpoint.model, type);
        change_type(checkpoint, checkpoint.ema, type);
    }
    write_checkpoint(flags.to, checkpoint);
    std::vector<std::string> parts;
    for (const auto& [name, tensors] : {std::pair{"model", &checkpoint.model},
                                        {"EMA", &checkpoint.ema},
                                        {"optimiser", &checkpoint.exp_avg}})
        if (!tensors->empty()) parts.push_back(name);
    fmt::print("holds     {} ({:.1f} million parameters)\n", listed(parts),
               static_cast<double>(parameter_count(checkpoint.weights())) / 1e6);
    fmt::print("wrote     {} ({})\n", flags.to,
               format_bytes(static_cast<double>(std::filesystem::file_size(flags.to))));
}

}  // namespace

void add_convert_verb(CLI::App& app) {
    auto flags = std::make_shared<ConvertFlags>();
    CLI::App* verb = app.add_subcommand("convert", "Write a checkpoint in another format, or a smaller one");
    verb->add_option("from", flags->from,
                     "Read this .safetensors, or .pt of either kind; bundled: the model in the program")
        ->required();
    verb->add_option("to", flags->to, "Write NAME.safetensors, or NAME.pt for PyTorch")->required();
    verb->add_option("--weights", flags->weights, "Keep all, or only ema or model: a small file for sampling")
        ->check(CLI::IsMember({"all", "ema", "model"}));
    verb->add_option("--dtype", flags->dtype, "Give the weights this type: keep, f32, bf16")
        ->check(CLI::IsMember({"keep", "f32", "bf16"}));
    verb->callback([flags] { run_convert(*flags); });
}

}  // namespace osu
