#include "archive/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace osu {

namespace {

using Json = nlohmann::json;

constexpr size_t header_limit = 100'000'000;  // the format's own limit
constexpr size_t longest_list = 64;           // PyTorch's most dimensions
constexpr int deepest = 3;                    // object → tensor → list of numbers

struct TypeName {
    const char* name;
    DType type;
};
constexpr std::array<TypeName, 10> type_names = {{{"F32", DType::f32},
                                                  {"F64", DType::f64},
                                                  {"F16", DType::f16},
                                                  {"BF16", DType::bf16},
                                                  {"I8", DType::i8},
                                                  {"U8", DType::u8},
                                                  {"I16", DType::i16},
                                                  {"I32", DType::i32},
                                                  {"I64", DType::i64},
                                                  {"BOOL", DType::boolean}}};

const char* format_name(DType type) {
    for (const TypeName& entry : type_names)
        if (entry.type == type) return entry.name;
    return "";
}

// The header as JSON; a name that stands twice and nesting that no header has end the parse at once.
Json parse_header(std::string_view text) {
    std::array<std::set<std::string>, deepest + 1> seen;
    size_t listed = 0;
    const auto watch = [&seen, &listed](int depth, Json::parse_event_t event, Json& value) {
        if (depth >= deepest &&
            (event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start))
            fail("the header is nested too deeply");
        if (event == Json::parse_event_t::array_start) listed = 0;
        if (event == Json::parse_event_t::value && depth == deepest && ++listed > longest_list)
            fail("the header has a list longer than any shape");
        if (event == Json::parse_event_t::object_start) seen[static_cast<size_t>(depth) + 1].clear();
        if (event == Json::parse_event_t::key &&
            !seen[static_cast<size_t>(depth)].insert(value.get<std::string>()).second)
            fail("the header has two entries \"{}\"", value.get<std::string>());
        return true;
    };
    try {
        Json header = Json::parse(text, watch);
        if (!header.is_object()) fail("the header is no JSON object");
        return header;
    } catch (const Json::exception& error) {
        fail("the header is no JSON: {}", error.what());
    }
}

const Json& field(const Json& entry, const std::string& name, const char* key) {
    if (!entry.is_object()) fail("tensor \"{}\" is described by no object", name);
    const auto found = entry.find(key);
    if (found == entry.end()) fail("tensor \"{}\" has no {}", name, key);
    return *found;
}

size_t read_size(const Json& value, const std::string& name, const char* key) {
    if (!value.is_number_unsigned() || value.get<uint64_t>() > INT64_MAX)
        fail("tensor \"{}\" has a number in its {} that is none: {}", name, key, value.dump());
    return value.get<uint64_t>();
}

TensorView read_entry(const std::string& name, const Json& entry, std::span<const std::byte> data) {
    TensorView view;
    const Json& type = field(entry, name, "dtype");
    const auto known = std::find_if(type_names.begin(), type_names.end(),
                                    [&](const TypeName& candidate) { return type == candidate.name; });
    if (known == type_names.end()) fail("tensor \"{}\" has the unknown dtype {}", name, type.dump());
    view.type = known->type;

    const Json& shape = field(entry, name, "shape");
    if (!shape.is_array()) fail("tensor \"{}\" has no list as its shape", name);
    uint64_t size = size_of(view.type);
    for (const Json& extent : shape) {
        view.shape.push_back(static_cast<int64_t>(read_size(extent, name, "shape")));
        if (__builtin_mul_overflow(size, static_cast<uint64_t>(view.shape.back()), &size) || size > INT64_MAX)
            fail("tensor \"{}\" has a shape that overflows", name);
    }

    const Json& offsets = field(entry, name, "data_offsets");
    if (!offsets.is_array() || offsets.size() != 2) fail("tensor \"{}\" has no pair of data_offsets", name);
    const size_t begin = read_size(offsets[0], name, "data_offsets");
    const size_t end = read_size(offsets[1], name, "data_offsets");
    if (begin > end || end > data.size())
        fail("tensor \"{}\" lies at bytes {} to {} of {}: the file is cut off or wrong", name, begin, end,
             data.size());
    if (end - begin != size)
        fail("tensor \"{}\" has {} bytes, but its shape and type ask for {}", name, end - begin, size);
    view.bytes = data.subspan(begin, size);
    return view;
}

void check_overlaps(const TensorMap& tensors) {
    std::vector<std::pair<std::span<const std::byte>, const std::string*>> ranges;
    for (const auto& [name, tensor] : tensors)
        if (!tensor.bytes.empty()) ranges.emplace_back(tensor.bytes, &name);
    std::sort(ranges.begin(), ranges.end(),
              [](const auto& a, const auto& b) { return a.first.data() < b.first.data(); });
    for (size_t i = 1; i < ranges.size(); ++i)
        if (ranges[i - 1].first.data() + ranges[i - 1].first.size() > ranges[i].first.data())
            fail("tensors \"{}\" and \"{}\" overlap", *ranges[i - 1].second, *ranges[i].second);
}

}  // namespace

Safetensors Safetensors::parse(std::span<const std::byte> bytes) {
    uint64_t header_size = 0;
    if (bytes.size() < sizeof header_size) fail("no safetensors file: {} bytes are too few", bytes.size());
    std::memcpy(&header_size, bytes.data(), sizeof header_size);
    bytes = bytes.subspan(sizeof header_size);
    if (header_size > std::min(bytes.size(), header_limit))
        fail("no safetensors file, or a cut-off one: it announces a header of {} bytes, and {} follow",
             header_size, bytes.size());
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), header_size);
    const std::span<const std::byte> data = bytes.subspan(header_size);

    Safetensors result;
    const Json header = parse_header(text);
    for (const auto& [name, entry] : header.items()) {
        if (name != "__metadata__") {
            result.tensors_.emplace(name, read_entry(name, entry, data));
            continue;
        }
        if (!entry.is_object()) fail("__metadata__ is no object");
        for (const auto& [key, value] : entry.items()) {
            if (!value.is_string()) fail("__metadata__ \"{}\" is no string", key);
            result.metadata_[key] = value.get<std::string>();
        }
    }
    check_overlaps(result.tensors_);
    return result;
}

Safetensors Safetensors::open(const std::filesystem::path& path, WhenCut when_cut) {
    const auto file = std::make_shared<MappedFile>(path, when_cut);
    try {
        Safetensors result = parse(file->bytes());
        result.file_ = file;
        return result;
    } catch (const Error& error) {
        fail(Hint{error.hint()}, "{}: {}", path.string(), error.what());
    }
}

const TensorView& Safetensors::tensor(std::string_view name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) fail("the file has no tensor \"{}\"", name);
    return found->second;
}

void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
    // The format allows no gaps, so the odd sizes go last: each tensor then starts at a multiple of 64, or,
    // among the last, of the largest power of two that divides its size.
    const auto alignment = [](const NamedTensor& named) {
        const size_t size = named.tensor.bytes.size();
        return size == 0 ? size_t{64} : std::min(size_t{64}, size & (~size + 1));
    };
    std::vector<const NamedTensor*> order;
    for (const NamedTensor& named : tensors) order.push_back(&named);
    std::stable_sort(order.begin(), order.end(), [&](const NamedTensor* a, const NamedTensor* b) {
        return alignment(*a) > alignment(*b);
    });
    std::map<const NamedTensor*, size_t> offsets;
    size_t offset = 0;
    for (const NamedTensor* named : order) {
        offsets[named] = offset;
        offset += named->tensor.bytes.size();
    }

    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) header["__metadata__"] = metadata;
    std::set<std::string_view> names;
    for (const NamedTensor& named : tensors) {
        assert(named.tensor.bytes.size() ==
               static_cast<size_t>(element_count(named.tensor.shape)) * size_of(named.tensor.type));
        if (!names.insert(named.name).second)
            fail("cannot write {}: two tensors \"{}\"", path.string(), named.name);
        const size_t begin = offsets[&named];
        header.push_back({named.name,
                          {{"dtype", format_name(named.tensor.type)},
                           {"shape", named.tensor.shape},
                           {"data_offsets", {begin, begin + named.tensor.bytes.size()}}}});
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const nlohmann::json::exception& error) {
        fail("cannot write {}: {}", path.string(), error.what());
    }
    const uint64_t header_size = (text.size() + 8 + 63) / 64 * 64 - 8;
    text.resize(header_size, ' ');

    AtomicFile file(path);
    file.write(&header_size, sizeof header_size);
    file.write(text);
    for (const NamedTensor* named : order) file.write(named->tensor.bytes.data(), named->tensor.bytes.size());
    file.commit();
}

}  // namespace osu
