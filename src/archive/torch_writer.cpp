// A checkpoint as torch.save writes it: a zip with a pickle of its dictionaries, and a file for every
// storage.
#include <algorithm>
#include <array>
#include <tuple>

#include <nlohmann/json.hpp>

#include "archive/pickle_writer.h"
#include "archive/stored_zip.h"
#include "archive/torch_checkpoint.h"
#include "archive/torch_tensors.h"
#include "base/error.h"

namespace osu {

namespace {

using Json = nlohmann::json;

// The order in which the reference's modules declare their parameters. Its optimiser knows them by this order
// only, so a .pt must keep it; siblings not named here follow by name.
constexpr std::array<std::string_view, 17> declaration_order = {"playfield_size",
                                                                "xoc_embedder",
                                                                "t_embedder",
                                                                "y_embedder",
                                                                "blocks",
                                                                "final_layer",
                                                                "linear",
                                                                "attn",
                                                                "in_proj_weight",
                                                                "in_proj_bias",
                                                                "out_proj",
                                                                "mlp",
                                                                "fc1",
                                                                "fc2",
                                                                "adaLN_modulation",
                                                                "weight",
                                                                "bias"};

// Sorts as the name does in its state dict: part by part, numbers as numbers.
std::vector<std::tuple<size_t, std::string>> declaration_key(std::string_view name) {
    std::vector<std::tuple<size_t, std::string>> key;
    while (!name.empty()) {
        const size_t dot = std::min(name.find('.'), name.size());
        std::string part(name.substr(0, dot));
        name.remove_prefix(std::min(dot + 1, name.size()));
        const auto known = std::find(declaration_order.begin(), declaration_order.end(), part);
        if (part.find_first_not_of("0123456789") == std::string::npos)
            part.insert(0, 20 - std::min<size_t>(20, part.size()), '0');
        key.emplace_back(known - declaration_order.begin(), std::move(part));
    }
    return key;
}

std::vector<std::string> declared_names(const TensorMap& tensors) {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : tensors) names.push_back(name);
    std::sort(names.begin(), names.end(),
              [](const auto& a, const auto& b) { return declaration_key(a) < declaration_key(b); });
    return names;
}

// A part of the reference's state dict that our checkpoints need not have: it is not trained.
TensorMap with_playfield(TensorMap tensors) {
    static constexpr float size[2] = {512, 384};
    if (tensors.contains("xoc_embedder.mlp.0.weight"))
        tensors.try_emplace("xoc_embedder.playfield_size",
                            TensorView{DType::f32, {2}, std::as_bytes(std::span(size))});
    return tensors;
}

class TorchWriter {
  public:
    explicit TorchWriter(const Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

    std::string write_pickle() {
        const TensorMap ema = with_playfield(checkpoint_.ema), model = with_playfield(checkpoint_.model);
        pickle_.dict();
        pickle_.mark();
        if (!model.empty()) write_weights("model", model);
        // The reference samples from "ema" and from nothing else beside a bare state dict. Storages are
        // shared, so a second name costs nothing.
        if (!model.empty() || !ema.empty()) write_weights("ema", ema.empty() ? model : ema);
        if (!checkpoint_.exp_avg.empty()) {
            write_optimizer(declared_names(model.empty() ? ema : model));
            write_json("scaler", R"({"scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5,
                                     "growth_interval": 2000, "_growth_tracker": 0})");
        }
        write_json("args", "");
        write_metadata();
        pickle_.add_pairs();
        return pickle_.finish();
    }

    // By storage key: "0", "1", …
    const std::vector<std::span<const std::byte>>& storages() const { return storages_; }

  private:
    const Checkpoint& checkpoint_;
    PickleWriter pickle_;
    std::vector<std::span<const std::byte>> storages_;
    std::map<const std::byte*, size_t> keys_;

    void write_empty_ordered_dict() {
        pickle_.global("collections", "OrderedDict");
        pickle_.empty_tuple();
        pickle_.reduce();
    }

    void write_tuple(const Shape& values) {
        pickle_.mark();
        for (int64_t value : values) pickle_.integer(value);
        pickle_.close_tuple();
    }

    size_t storage_key(const TensorView& tensor) {
        const auto [found, is_new] = keys_.try_emplace(tensor.bytes.data(), storages_.size());
        if (!is_new && storages_[found->second].size() == tensor.bytes.size()) return found->second;
        storages_.push_back(tensor.bytes);
        return storages_.size() - 1;
    }

    void write_tensor(const TensorView& tensor) {
        Shape strides(tensor.shape.size(), 1);
        for (size_t i = strides.size(); i-- > 1;)
            strides[i - 1] = strides[i] * std::max<int64_t>(tensor.shape[i], 1);
        pickle_.global("torch._utils", "_rebuild_tensor_v2");
        pickle_.mark();
        pickle_.mark();
        pickle_.string("storage");
        pickle_.global("torch", torch_storage_name(tensor.type));
        pickle_.string(std::to_string(storage_key(tensor)));
        pickle_.string("cpu");
        pickle_.integer(static_cast<int64_t>(tensor.bytes.size() / size_of(tensor.type)));
        pickle_.close_tuple();
        pickle_.persistent();
        pickle_.integer(0);
        write_tuple(tensor.shape);
        write_tuple(strides);
        pickle_.boolean(false);
        write_empty_ordered_dict();
        pickle_.close_tuple();
        pickle_.reduce();
    }

    void write_weights(const char* key, const TensorMap& tensors) {
        pickle_.string(key);
        write_empty_ordered_dict();
        pickle_.mark();
        for (const std::string& name : declared_names(tensors)) {
            pickle_.string(name);
            write_tensor(tensors.find(name)->second);
        }
        pickle_.add_pairs();
    }

    // As torch.optim.AdamW.state_dict() says it: state by the parameter's number, one group of all numbers.
    void write_optimizer(const std::vector<std::string>& names) {
        pickle_.string("opt");
        pickle_.dict();
        pickle_.mark();
        pickle_.string("state");
        pickle_.dict();
        pickle_.mark();
        // Each its own storage: PyTorch counts them up in place.
        steps_.assign(names.size(), static_cast<float>(checkpoint_.optimizer_step));
        for (size_t i = 0; i < names.size(); ++i) {
            const auto average = checkpoint_.exp_avg.find(names[i]),
                       square = checkpoint_.exp_avg_sq.find(names[i]);
            if (average == checkpoint_.exp_avg.end() || square == checkpoint_.exp_avg_sq.end()) continue;
            pickle_.integer(static_cast<int64_t>(i));
            pickle_.dict();
            pickle_.mark();
            pickle_.string("step");
            write_tensor({DType::f32, {}, std::as_bytes(std::span(&steps_[i], 1))});
            pickle_.string("exp_avg");
            write_tensor(average->second);
            pickle_.string("exp_avg_sq");
            write_tensor(square->second);
            pickle_.add_pairs();
        }
        pickle_.add_pairs();
        write_parameter_group(names.size());
        pickle_.add_pairs();
    }

    void write_parameter_group(size_t count) {
        const Json args = parse_object("args");
        const auto rate = args.find("lr");
        Json group = {{"lr", rate != args.end() && rate->is_number() ? rate->get<double>() : 1e-4},
                      {"eps", 1e-8},
                      {"weight_decay", 0.0},
                      {"amsgrad", false},
                      {"foreach", nullptr},
                      {"maximize", false},
                      {"capturable", false},
                      {"params", Json::array()}};
        for (size_t i = 0; i < count; ++i) group["params"].push_back(i);
        pickle_.string("param_groups");
        pickle_.list();
        pickle_.mark();
        write_value(group);
        pickle_.mark();
        pickle_.string("betas");  // a tuple, which JSON has not
        pickle_.mark();
        pickle_.real(0.9);
        pickle_.real(0.999);
        pickle_.close_tuple();
        pickle_.add_pairs();
        pickle_.add_items();
    }

    Json parse_object(const char* key) const {
        const auto found = checkpoint_.metadata.find(key);
        const Json json =
            found == checkpoint_.metadata.end() ? Json() : Json::parse(found->second, nullptr, false);
        return json.is_object() ? json : Json::object();
    }

    // The object that the metadata holds as JSON under that key, or else `standard`, or nothing.
    void write_json(const char* key, const char* standard) {
        Json json = parse_object(key);
        if (json.empty()) json = Json::parse(standard, nullptr, false);
        if (!json.is_object()) return;
        pickle_.string(key);
        write_value(json);
    }

    void write_value(const Json& value, int depth = 0) {
        if (depth > 16) fail("the checkpoint's metadata is nested too deeply for a .pt");
        if (value.is_null()) return pickle_.none();
        if (value.is_boolean()) return pickle_.boolean(value.get<bool>());
        if (value.is_number_integer()) return pickle_.integer(value.get<int64_t>());
        if (value.is_number()) return pickle_.real(value.get<double>());
        if (value.is_string()) return pickle_.string(value.get_ref<const std::string&>());
        if (value.is_array())
            pickle_.list();
        else
            pickle_.dict();
        pickle_.mark();
        for (const auto& [key, item] : value.items()) {
            if (value.is_object()) pickle_.string(key);
            write_value(item, depth + 1);
        }
        if (value.is_array())
            pickle_.add_items();
        else
            pickle_.add_pairs();
    }

    void write_metadata() {
        pickle_.string("metadata");
        pickle_.dict();
        pickle_.mark();
        for (const auto& [key, text] : checkpoint_.metadata) {
            if (key == "args" || key == "scaler") continue;
            pickle_.string(key);
            pickle_.string(text);
        }
        pickle_.add_pairs();
    }

    std::vector<float> steps_;
};

}  // namespace

void write_torch_zip(const std::filesystem::path& path, const Checkpoint& checkpoint) {
    TorchWriter writer(checkpoint);
    const std::string pickle = writer.write_pickle();
    const auto bytes_of = [](std::string_view text) {
        return std::as_bytes(std::span(text.data(), text.size()));
    };
    StoredZipWriter zip(path);
    zip.add("archive/data.pkl", bytes_of(pickle));
    zip.add("archive/byteorder", bytes_of("little"));
    const auto& storages = writer.storages();
    for (size_t i = 0; i < storages.size(); ++i) zip.add("archive/data/" + std::to_string(i), storages[i]);
    zip.add("archive/version", bytes_of("3\n"));
    zip.commit();
}

}  // namespace osu
