#include "archive/safetensors.h"

#include <cstring>

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/goldens.h"
#include "support/temporary_folder.h"

namespace osu {
namespace {

std::string file_of(std::string header, std::string data = {}) {
    uint64_t size = header.size();
    std::string bytes(reinterpret_cast<const char*>(&size), 8);
    return bytes + header + data;
}

Safetensors parse(const std::string& bytes) {
    return Safetensors::parse(std::as_bytes(std::span(bytes)));
}

std::string error_of(const std::string& bytes) {
    try {
        parse(bytes);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

void expect_error(const std::string& bytes, const std::string& part) {
    EXPECT_NE(error_of(bytes).find(part), std::string::npos)
        << error_of(bytes) << " says nothing of " << part;
}

std::string entry(const std::string& type, const std::string& shape, const std::string& offsets) {
    return R"({"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

TEST(Safetensors, ReadsAGolden) {
    const Safetensors file = Safetensors::open(test::test_data("dit_forward.safetensors"));
    EXPECT_EQ(file.metadata().at("hidden_size"), "64");
    const TensorView& playfield = file.tensor("param.xoc_embedder.playfield_size");
    EXPECT_EQ(playfield.shape, Shape{2});
    EXPECT_EQ(to_floats(playfield), (std::vector<float>{512, 384}));
    EXPECT_EQ(file.tensor("in.t").type, DType::i64);
    EXPECT_EQ(file.tensor("in.c").shape, (Shape{3, 144, 24}));
    EXPECT_THROW(file.tensor("absent"), Error);
}

TEST(Safetensors, WritesWhatItReads) {
    const test::TemporaryFolder folder;
    const auto path = folder / "a.safetensors";
    const std::vector<float> odd = {1, 2, 3}, even(32, 0.5f);
    const std::vector<uint8_t> bytes = {7, 8, 9, 10, 11};
    const auto raw = [](const auto& values) { return std::as_bytes(std::span(values)); };
    const std::vector<NamedTensor> tensors = {{"bytes", {DType::u8, {5, 1}, raw(bytes)}},
                                              {"odd \"quoted\" ✓", {DType::f32, {3}, raw(odd)}},
                                              {"even", {DType::bf16, {8, 8}, raw(even)}},
                                              {"none", {DType::i16, {0, 4}, {}}},
                                              {"scalar", {DType::f32, {}, raw(odd).first(4)}}};
    write_safetensors(path, tensors, {{"note", "tab\there"}});
    const Safetensors file = Safetensors::open(path);
    ASSERT_EQ(file.tensors().size(), tensors.size());
    EXPECT_EQ(file.metadata().at("note"), "tab\there");
    size_t total = 0;
    for (const NamedTensor& expected : tensors) {
        const TensorView& found = file.tensor(expected.name);
        EXPECT_EQ(found.type, expected.tensor.type);
        EXPECT_EQ(found.shape, expected.tensor.shape);
        ASSERT_EQ(found.bytes.size(), expected.tensor.bytes.size());
        if (found.bytes.empty()) continue;
        EXPECT_EQ(std::memcmp(found.bytes.data(), expected.tensor.bytes.data(), found.bytes.size()), 0);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(found.bytes.data()) % size_of(found.type), 0u);
        total += found.bytes.size();
    }
    EXPECT_EQ(reinterpret_cast<uintptr_t>(file.tensor("even").bytes.data()) % 64, 0u);
    // The format has no gaps: the file is the header and the data.
    uint64_t header_size = 0;
    std::memcpy(&header_size, file.file()->bytes().data(), 8);
    EXPECT_EQ(file.file()->bytes().size(), 8 + header_size + total);
}

TEST(Safetensors, RefusesToWriteAWrongName) {
    const test::TemporaryFolder folder;
    const auto path = folder / "a.safetensors";
    const TensorView none{DType::f32, {0}, {}};
    EXPECT_THROW(write_safetensors(path, std::vector<NamedTensor>{{"\xff", none}}, {}), Error);
    EXPECT_THROW(write_safetensors(path, std::vector<NamedTensor>{{"a", none}, {"a", none}}, {}), Error);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Safetensors, NamesWhatIsWrong) {
    const std::string data(16, 'x');
    expect_error("", "too few");
    expect_error("1234567", "too few");
    expect_error(std::string(8, '\xff'), "announces a header");
    expect_error(std::string("\x10\0\0\0\0\0\0\0{}", 10), "announces a header of 16");
    expect_error(file_of("{"), "no JSON");
    expect_error(file_of("[]"), "no JSON object");
    expect_error(file_of("{\"\xff\":1}"), "no JSON");
    expect_error(file_of("{\"a\":[[[[[]]]]]}"), "nested");
    expect_error(file_of("{\"a\":1}"), "no object");
    expect_error(file_of("{\"a\":{}}"), "no dtype");
    expect_error(file_of("{\"a\":" + entry("F8", "[1]", "[0,1]") + "}", data), "unknown dtype \"F8\"");
    expect_error(file_of("{\"a\":" + entry("F32", "[-1]", "[0,4]") + "}", data), "-1");
    expect_error(file_of("{\"a\":" + entry("F32", "[1.5]", "[0,4]") + "}", data), "1.5");
    expect_error(file_of("{\"a\":" + entry("F32", "4", "[0,4]") + "}", data), "shape");
    expect_error(file_of("{\"a\":" + entry("F32", "[4294967296,4294967296]", "[0,0]") + "}", data),
                 "overflows");
    expect_error(file_of("{\"a\":" + entry("F32", "[18446744073709551615]", "[0,4]") + "}", data),
                 "18446744073709551615");
    expect_error(file_of("{\"a\":" + entry("F32", "[2]", "[0,4]") + "}", data), "ask for 8");
    expect_error(file_of("{\"a\":" + entry("F32", "[1]", "[4,0]") + "}", data), "bytes 4 to 0");
    expect_error(file_of("{\"a\":" + entry("F32", "[5]", "[0,20]") + "}", data), "cut off");
    expect_error(file_of("{\"a\":" + entry("F32", "[1]", "[0]") + "}", data), "pair");
    expect_error(
        file_of("{\"a\":" + entry("F32", "[2]", "[0,8]") + ",\"b\":" + entry("F32", "[2]", "[4,12]") + "}",
                data),
        "\"a\" and \"b\" overlap");
    expect_error(
        file_of("{\"a\":" + entry("F32", "[1]", "[0,4]") + ",\"a\":" + entry("F32", "[1]", "[4,8]") + "}",
                data),
        "two entries \"a\"");
    expect_error(file_of("{\"__metadata__\":{\"x\":1}}"), "no string");
    EXPECT_EQ(parse(file_of("{}")).tensors().size(), 0u);
}

TEST(Safetensors, EveryCutOfAFileIsAnError) {
    const std::string whole =
        file_of("{\"a\":" + entry("F32", "[2,2]", "[0,16]") + "}", std::string(16, 'x'));
    EXPECT_NO_THROW(parse(whole));
    for (size_t size = 0; size < whole.size(); ++size)
        EXPECT_THROW(parse(whole.substr(0, size)), Error) << size;
}

TEST(Safetensors, AnErrorOfOpenNamesTheFile) {
    try {
        Safetensors::open(test::source_dir() / "CMakeLists.txt");
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("CMakeLists.txt: no safetensors file"), std::string::npos)
            << error.what();
    }
}

}  // namespace
}  // namespace osu
