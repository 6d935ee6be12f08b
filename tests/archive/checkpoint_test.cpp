#include "archive/checkpoint.h"

#include <algorithm>
#include <csignal>
#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "archive/pickle_writer.h"
#include "archive/stored_zip.h"
#include "base/error.h"
#include "support/goldens.h"
#include "support/python.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

size_t files_in(const test::TemporaryFolder& folder) {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

void expect_equal(const TensorView& found, const TensorView& expected, const std::string& name) {
    EXPECT_EQ(found.type, expected.type) << name;
    EXPECT_EQ(found.shape, expected.shape) << name;
    ASSERT_EQ(found.bytes.size(), expected.bytes.size()) << name;
    EXPECT_TRUE(std::equal(found.bytes.begin(), found.bytes.end(), expected.bytes.begin())) << name;
}

void expect_equal(const TensorMap& found, const TensorMap& expected) {
    EXPECT_EQ(found.size(), expected.size());
    for (const auto& [name, tensor] : expected) {
        ASSERT_TRUE(found.contains(name)) << name;
        expect_equal(found.at(name), tensor, name);
    }
}

void expect_equal(const Checkpoint& found, const Checkpoint& expected) {
    expect_equal(found.model, expected.model);
    expect_equal(found.ema, expected.ema);
    expect_equal(found.exp_avg, expected.exp_avg);
    expect_equal(found.exp_avg_sq, expected.exp_avg_sq);
    EXPECT_EQ(found.optimizer_step, expected.optimizer_step);
    EXPECT_EQ(found.metadata, expected.metadata);
}

TensorMap with_prefix(const Safetensors& file, std::string_view prefix) {
    TensorMap map;
    for (const auto& [name, tensor] : file.tensors())
        if (name.starts_with(prefix)) map.emplace(name.substr(prefix.size()), tensor);
    return map;
}

std::string error_of(std::span<const std::byte> bytes) {
    try {
        parse_checkpoint(bytes);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

// What the reference's torch.save wrote, in both formats, is what its safetensors twin says.
TEST(Checkpoint, ReadsTheReferences) {
    SHARED_OR_SKIP(golden_path, "golden/checkpoint_tiny.safetensors");
    const Safetensors golden = Safetensors::open(golden_path);
    for (const char* name : {"checkpoint_tiny.pt", "checkpoint_tiny_legacy.pt"}) {
        SCOPED_TRACE(name);
        const Checkpoint found = read_checkpoint(golden_path.parent_path() / name);
        expect_equal(found.model, with_prefix(golden, "model."));
        expect_equal(found.ema, with_prefix(golden, "ema."));
        EXPECT_EQ(found.exp_avg.size(), 31u);
        EXPECT_EQ(found.exp_avg_sq.size(), 31u);
        expect_equal(found.exp_avg.at("y_embedder.embedding_table.weight"), golden.tensor("opt.7.exp_avg"),
                     "label table");
        expect_equal(found.exp_avg_sq.at("xoc_embedder.mlp.0.weight"), golden.tensor("opt.1.exp_avg_sq"),
                     "first layer");
        expect_equal(found.exp_avg.at("blocks.1.attn.in_proj_weight"), golden.tensor("opt.18.exp_avg"),
                     "block");
        expect_equal(found.exp_avg_sq.at("final_layer.adaLN_modulation.1.bias"),
                     golden.tensor("opt.31.exp_avg_sq"), "last");
        EXPECT_EQ(static_cast<float>(found.optimizer_step), to_floats(golden.tensor("opt.1.step"))[0]);
        const auto args = nlohmann::json::parse(found.metadata.at("args"));
        EXPECT_EQ(args.at("model"), "DiT-T");
        EXPECT_EQ(args.at("lr"), 1e-4);
        EXPECT_EQ(args.at("use_amp"), true);
        EXPECT_EQ(nlohmann::json::parse(found.metadata.at("scaler")).at("scale"), 65536.0);
    }
}

TEST(Checkpoint, GoesFromFormatToFormat) {
    SHARED_OR_SKIP(path, "golden/checkpoint_tiny.pt");
    test::TemporaryFolder folder;
    Checkpoint original = read_checkpoint(path);
    original.metadata["config"] = "{\"depth\": 2}";
    original.metadata["labels"] = "{\"519007\": 0} ✓";
    write_checkpoint(folder / "a.safetensors", original);
    const Checkpoint native = read_checkpoint(folder / "a.safetensors");
    expect_equal(native, original);
    write_checkpoint(folder / "b.pt", native);
    expect_equal(read_checkpoint(folder / "b.pt"), original);
    for (const auto& [name, tensor] : read_checkpoint(folder / "b.pt").model)
        EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.bytes.data()) % 64, 0u) << name;
    EXPECT_EQ(files_in(folder), 2u);
    EXPECT_THROW(write_checkpoint(folder / "c.bin", native), Error);
    EXPECT_EQ(files_in(folder), 2u);
}

TEST(Checkpoint, PyTorchLoadsOurs) {
    SHARED_OR_SKIP(golden, "golden/checkpoint_tiny.safetensors");
    PYTHON_OR_SKIP("torch");
    test::TemporaryFolder folder;
    const std::string script = read_file(test::source_dir() / "tests/archive/load_checkpoint.py");
    Checkpoint checkpoint = read_checkpoint(golden.parent_path() / "checkpoint_tiny.pt");
    checkpoint.metadata["config"] = "{\"depth\": 2}";
    // A network of ours need not hold the playfield's size; PyTorch's does.
    checkpoint.model.erase("xoc_embedder.playfield_size");
    checkpoint.ema.erase("xoc_embedder.playfield_size");
    write_checkpoint(folder / "whole.pt", checkpoint);
    // Weights alone stand where the reference's sampler looks for them, whatever we call them.
    Checkpoint weights;
    weights.metadata = {{"config", "{\"depth\": 2}"}};
    weights.model = checkpoint.ema;
    write_checkpoint(folder / "model.pt", weights);
    EXPECT_TRUE(read_checkpoint(folder / "model.pt").ema.empty());
    std::swap(weights.model, weights.ema);
    write_checkpoint(folder / "ema.pt", weights);
    EXPECT_TRUE(read_checkpoint(folder / "ema.pt").model.empty());
    std::string arguments = golden.string();
    for (const char* name : {"whole.pt", "model.pt", "ema.pt"}) arguments += "|" + (folder / name).string();
    EXPECT_EQ(test::run_python(script, arguments), "loaded\n");
}

TEST(Checkpoint, ReadsWhateverTorchSaves) {
    PYTHON_OR_SKIP("torch");
    test::TemporaryFolder folder;
    const std::string script = read_file(test::source_dir() / "tests/archive/write_odd_checkpoint.py");
    ASSERT_EQ(test::run_python(script, (folder / "").string()), "");
    for (const char* form : {"zip_2.pt", "legacy_2.pt", "zip_3.pt", "legacy_4.pt", "zip_5.pt"}) {
        SCOPED_TRACE(form);
        const Checkpoint found = read_checkpoint(folder / form);
        const auto values = [&](const char* name) { return to_floats(found.model.at(name)); };
        using Floats = std::vector<float>;
        EXPECT_EQ(found.model.size(), 18u);
        EXPECT_EQ(found.model.at("transposed").shape, (Shape{6, 4}));
        Floats transposed;
        for (int i = 0; i < 24; ++i) transposed.push_back(static_cast<float>(i % 4 * 6 + i / 4));
        EXPECT_EQ(values("transposed"), transposed);
        EXPECT_EQ(values("row"), (Floats{6, 7, 8, 9, 10, 11}));
        EXPECT_EQ(values("columns"), (Floats{2, 3, 8, 9, 14, 15, 20, 21}));
        EXPECT_EQ(values("whole").size(), 24u);
        EXPECT_EQ(found.model.at("row").bytes.data(),
                  found.model.at("whole").bytes.data() + 6 * 4);  // no copy
        EXPECT_EQ(values("repeated"), (Floats{7, 7, 7}));
        EXPECT_EQ(values("parameter"), (Floats{1.5, 2.5}));
        EXPECT_EQ(found.model.at("scalar").shape, Shape{});
        EXPECT_EQ(found.model.at("empty").shape, (Shape{0, 4}));
        EXPECT_EQ(values("one"), (Floats{0, 1, 2}));
        for (const char* type :
             {"float64", "float16", "bfloat16", "int8", "uint8", "int16", "int32", "int64", "bool"})
            EXPECT_EQ(values(type), (Floats{0, 1, 1})) << type;
    }
}

TEST(Checkpoint, AStateDictAloneIsOne) {
    test::TemporaryFolder folder;
    const std::vector<float> data = {1, 2, 3, 4};
    const TensorView tensor{DType::f32, {2, 2}, std::as_bytes(std::span(data))};
    write_safetensors(folder / "bare.safetensors",
                      std::vector<NamedTensor>{{"module._orig_mod.module.a.weight", tensor}, {"b", tensor}},
                      {});
    const Checkpoint found = read_checkpoint(folder / "bare.safetensors");
    EXPECT_EQ(found.model.size(), 2u);
    EXPECT_EQ(to_floats(found.model.at("a.weight")), data);
    EXPECT_EQ(&found.weights(), &found.model);
}

// A .pt of one tensor with that storage ID, offset, sizes and strides.
struct Forged {
    const char* type = "FloatStorage";
    std::string key = "0";
    int64_t offset = 0;
    Shape shape = {4}, strides = {1};
    size_t copies = 1;
    bool subclass = false;  // a tensor of another Python type
};

std::string forge(const test::TemporaryFolder& folder, const Forged& forged) {
    PickleWriter pickle;
    const auto tuple = [&](const Shape& values) {
        pickle.mark();
        for (int64_t value : values) pickle.integer(value);
        pickle.close_tuple();
    };
    pickle.dict();
    pickle.mark();
    for (size_t i = 0; i < forged.copies; ++i) {
        pickle.string("weight" + std::to_string(i));
        if (forged.subclass) {
            pickle.global("torch._tensor", "_rebuild_from_type_v2");
            pickle.mark();
        }
        pickle.global("torch._utils", "_rebuild_tensor_v2");
        if (forged.subclass) pickle.global("somewhere", "Tensor");
        pickle.mark();
        pickle.mark();
        pickle.string("storage");
        pickle.global("torch", forged.type);
        pickle.string(forged.key);
        pickle.string("cpu");
        pickle.integer(4);
        pickle.close_tuple();
        pickle.persistent();
        pickle.integer(forged.offset);
        tuple(forged.shape);
        tuple(forged.strides);
        pickle.close_tuple();
        if (forged.subclass) {
            pickle.dict();
            pickle.close_tuple();
        }
        pickle.reduce();
    }
    pickle.add_pairs();
    const std::string text = pickle.finish();
    const float data[4] = {1, 2, 3, 4};
    StoredZipWriter zip(folder / "forged.pt");
    zip.add("x/data.pkl", std::as_bytes(std::span(text)));
    zip.add("x/data/0", std::as_bytes(std::span(data)));
    zip.commit();
    return read_file(folder / "forged.pt");
}

TEST(Checkpoint, NamesWhatIsWrongWithATensor) {
    test::TemporaryFolder folder;
    const auto error = [&](const Forged& forged) {
        const std::string file = forge(folder, forged);
        return error_of(std::as_bytes(std::span(file)));
    };
    EXPECT_EQ(error({}), "no error");
    EXPECT_EQ(error({.subclass = true}), "no error");
    EXPECT_NE(error({.type = "ComplexFloatStorage", .subclass = true}).find("not supported"),
              std::string::npos);
    const std::pair<Forged, std::string> cases[] = {
        {{.type = "ComplexFloatStorage"}, "\"weight0\" is of a type that is not supported"},
        {{.key = "1"}, "no entry x/data/1"},
        {{.offset = 1}, "reaches element 4 of a storage of 4"},
        {{.offset = -1}, "do not fit"},
        {{.offset = INT64_MAX}, "overflows"},
        {{.shape = {5}}, "reaches element 4"},
        {{.shape = {-1}}, "size or stride"},
        {{.shape = {2, 2}}, "do not fit"},
        {{.shape = {int64_t{1} << 62, 4}, .strides = {0, 1}}, "overflows"},
        {{.shape = {2}, .strides = {INT64_MAX}}, "reaches element"},
        {{.shape = {3}, .strides = {INT64_MAX}}, "overflows"},
        {{.shape = {int64_t{1} << 40}, .strides = {0}}, "repeats its storage"},
        {{.shape = {1000}, .strides = {0}, .copies = 1000}, "repeats its storage"}};
    for (const auto& [forged, part] : cases)
        EXPECT_NE(error(forged).find(part), std::string::npos)
            << error(forged) << " says nothing of " << part;
}

TEST(Checkpoint, EveryCutOfAFileIsAnError) {
    test::TemporaryFolder folder;
    const std::string whole = forge(folder, {});
    for (size_t size = 0; size < whole.size(); ++size)
        EXPECT_NE(error_of(std::as_bytes(std::span(whole.data(), size))), "no error") << size;
    SHARED_OR_SKIP(golden, "golden/checkpoint_tiny.pt");
    for (const char* name : {"checkpoint_tiny.pt", "checkpoint_tiny_legacy.pt"}) {
        const std::string bytes = read_file(golden.parent_path() / name);
        for (size_t size = 0; size < bytes.size(); size += size < 30000 ? 97 : 40007)
            EXPECT_NE(error_of(std::as_bytes(std::span(bytes.data(), size))), "no error")
                << name << " " << size;
    }
}

TEST(Checkpoint, OtherFilesAreNone) {
    for (const char* name : {"CMakeLists.txt", "LICENSE"}) {
        try {
            read_checkpoint(test::source_dir() / name);
            ADD_FAILURE() << name;
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()).find("no checkpoint"), std::string::npos) << error.what();
            EXPECT_FALSE(error.hint().empty());
        }
    }
    EXPECT_THROW(read_checkpoint("/absent.pt"), Error);
}

TEST(Checkpoint, AFullDiskLeavesTheOldFile) {
    test::TemporaryFolder folder;
    const std::vector<float> data(1 << 20, 1.0f);
    Checkpoint checkpoint;
    checkpoint.model["a"] = {DType::f32, {1 << 20}, std::as_bytes(std::span(data))};
    for (const char* name : {"a.pt", "a.safetensors"}) {
        write_file(folder / name, "old");
        struct rlimit before {};
        ::getrlimit(RLIMIT_FSIZE, &before);
        const struct rlimit small = {1 << 20, before.rlim_max};
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &small);
        EXPECT_THROW(write_checkpoint(folder / name, checkpoint), Error);
        ::setrlimit(RLIMIT_FSIZE, &before);
        std::signal(SIGXFSZ, handler);
        EXPECT_EQ(read_file(folder / name), "old");
    }
    EXPECT_EQ(files_in(folder), 2u);
}

TEST(Checkpoint, OneChangedBitIsFound) {
    test::TemporaryFolder folder;
    const std::vector<float> data = {1, 2, 3, 4};
    const TensorView tensor{DType::f32, {2, 2}, std::as_bytes(std::span(data))};
    Checkpoint checkpoint;
    checkpoint.model = {{"a", tensor}};
    checkpoint.ema = {{"a", tensor}};
    checkpoint.metadata["labels"] = "{\"maps\": [1, 2, 3]}";
    write_checkpoint(folder / "a.safetensors", checkpoint);
    const std::string good = read_file(folder / "a.safetensors");
    EXPECT_TRUE(verify(read_checkpoint(folder / "a.safetensors")));
    const Checkpoint bare;
    EXPECT_FALSE(verify(bare)) << "one that never had a digest";
    const auto is_found = [&](size_t at) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        write_file(folder / "a.safetensors", bad);
        EXPECT_THROW(verify(read_checkpoint(folder / "a.safetensors")), Error) << at;
    };
    for (size_t back = 1; back <= 32; ++back) is_found(good.size() - back);
    is_found(good.find("1, 2, 3"));

    write_checkpoint(folder / "a.pt", checkpoint);
    std::string torch = read_file(folder / "a.pt");
    EXPECT_NO_THROW(parse_checkpoint(std::as_bytes(std::span(torch))));
    const std::string floats(reinterpret_cast<const char*>(data.data()), 16);
    torch[torch.find(floats) + 2] ^= 1;
    EXPECT_NE(error_of(std::as_bytes(std::span(torch))).find("checksum is wrong"), std::string::npos);
}

TEST(Checkpoint, APointerOfGitLfsIsCalledOne) {
    const std::string text = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n";
    EXPECT_NE(error_of(std::as_bytes(std::span(text))).find("Git LFS"), std::string::npos);
}

}  // namespace
}  // namespace osu
