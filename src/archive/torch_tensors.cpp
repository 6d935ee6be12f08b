#include "archive/torch_tensors.h"

#include <array>
#include <cstring>

#include "base/error.h"

namespace osu {

namespace {

constexpr size_t dimension_limit = 64;  // PyTorch's own

// In the order of DType.
constexpr std::array<std::string_view, 10> storage_names = {
    "FloatStorage", "DoubleStorage", "HalfStorage", "BFloat16Storage", "CharStorage",
    "ByteStorage",  "ShortStorage",  "IntStorage",  "LongStorage",     "BoolStorage"};

bool is_contiguous(const Shape& shape, const Shape& strides) {
    int64_t expected = 1;
    for (size_t i = shape.size(); i-- > 0;) {
        if (shape[i] != 1 && strides[i] != expected) return false;
        expected *= shape[i];
    }
    return true;
}

}  // namespace

std::string_view torch_storage_name(DType type) {
    return storage_names[static_cast<size_t>(type)];
}

std::optional<DType> torch_storage_type(std::string_view name) {
    for (size_t i = 0; i < storage_names.size(); ++i)
        if (storage_names[i] == name) return static_cast<DType>(i);
    return std::nullopt;
}

std::optional<TorchStorage> read_torch_storage(const Pickle& pickle, PickleRef persistent) {
    if (pickle[persistent].kind != PickleKind::persistent) return std::nullopt;
    const PickleValue& id = pickle[pickle[persistent].items[0]];
    if (id.kind != PickleKind::tuple || id.items.size() < 5 || pickle[id.items[0]].text != "storage")
        return std::nullopt;
    const PickleValue& type = pickle[id.items[1]];
    TorchStorage storage;
    storage.key = pickle[id.items[2]].text;
    if (type.kind == PickleKind::global) storage.type = torch_storage_type(pickle[type.items[1]].text);
    if (id.items.size() > 5 && pickle[id.items[5]].kind == PickleKind::tuple) {
        const PickleValue& view = pickle[id.items[5]];
        if (view.items.size() != 3 || pickle[view.items[1]].kind != PickleKind::integer ||
            pickle[view.items[2]].kind != PickleKind::integer)
            return std::nullopt;
        storage.view = {pickle[view.items[1]].integer, pickle[view.items[2]].integer};
    }
    return storage;
}

Shape TorchTensors::read_extents(PickleRef tuple, std::string_view name) const {
    const PickleValue& value = pickle_[tuple];
    if (value.kind != PickleKind::tuple || value.items.size() > dimension_limit)
        fail("tensor \"{}\" has no tuple as its size or stride", name);
    Shape extents;
    for (PickleRef item : value.items) {
        if (pickle_[item].kind != PickleKind::integer || pickle_[item].integer < 0)
            fail("tensor \"{}\" has a size or stride that is none", name);
        extents.push_back(pickle_[item].integer);
    }
    return extents;
}

std::span<const std::byte> TorchTensors::read_storage(PickleRef persistent, std::string_view name,
                                                      DType& type) {
    const auto storage = read_torch_storage(pickle_, persistent);
    if (!storage) fail("tensor \"{}\" has no storage", name);
    if (!storage->type) fail("tensor \"{}\" is of a type that is not supported", name);
    type = *storage->type;
    const std::span<const std::byte> bytes = find_bytes_(storage->key);
    if (!storage->view) return bytes;
    const auto elements = static_cast<int64_t>(bytes.size() / size_of(type));
    const auto [offset, size] = *storage->view;
    if (offset < 0 || size < 0 || offset > elements || size > elements - offset)
        fail("tensor \"{}\" has a storage that lies outside another", name);
    return bytes.subspan(static_cast<size_t>(offset) * size_of(type),
                         static_cast<size_t>(size) * size_of(type));
}

std::span<const std::byte> TorchTensors::copy(const Shape& shape, const Shape& strides, size_t element,
                                              std::span<const std::byte> bytes, std::string_view name) {
    const auto count = static_cast<size_t>(element_count(shape));
    if (count > copy_budget_ / element) fail("tensor \"{}\" repeats its storage too often", name);
    copy_budget_ -= count * element;
    auto data = std::make_shared<std::vector<std::byte>>(count * element);
    Shape index(shape.size(), 0);
    int64_t from = 0;
    for (size_t to = 0; to < count; ++to) {
        std::memcpy(data->data() + to * element, bytes.data() + static_cast<size_t>(from) * element, element);
        for (size_t axis = shape.size(); axis-- > 0;) {
            from += strides[axis];
            if (++index[axis] < shape[axis]) break;
            from -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    copies_.push_back(data);
    return *data;
}

std::optional<TensorView> TorchTensors::read(PickleRef value, std::string_view name) {
    PickleRef function = 0, given = 0;
    const auto open_call = [&] {
        if (pickle_[value].kind != PickleKind::object) return false;
        function = pickle_[value].items[0];
        given = pickle_[value].items[1];
        // A tensor of another type, or with attributes: what to call, that type, the arguments.
        const std::vector<PickleRef>& items = pickle_[given].items;
        if (pickle_.is_global(function, "torch._tensor", "_rebuild_from_type_v2") && items.size() >= 3) {
            function = items[0];
            given = items[2];
        }
        return true;
    };
    const auto is = [&](std::string_view name) { return pickle_.is_global(function, "torch._utils", name); };
    if (!open_call()) return std::nullopt;
    if (is("_rebuild_parameter") || is("_rebuild_parameter_with_state")) {
        if (pickle_[given].items.empty()) return std::nullopt;
        value = pickle_[given].items[0];
        if (!open_call()) return std::nullopt;
    }
    if (!is("_rebuild_tensor_v2") && !is("_rebuild_tensor")) return std::nullopt;
    const PickleValue& arguments = pickle_[given];
    if (arguments.kind != PickleKind::tuple || arguments.items.size() < 4)
        fail("tensor \"{}\" lacks arguments", name);

    TensorView view;
    const std::span<const std::byte> bytes = read_storage(arguments.items[0], name, view.type);
    const size_t element = size_of(view.type);
    const PickleValue& offset = pickle_[arguments.items[1]];
    view.shape = read_extents(arguments.items[2], name);
    const Shape strides = read_extents(arguments.items[3], name);
    if (strides.size() != view.shape.size() || offset.kind != PickleKind::integer || offset.integer < 0)
        fail("tensor \"{}\" has sizes and strides that do not fit", name);

    // The element that lies furthest, and the number of elements; both checked for overflow.
    int64_t last = offset.integer, count = 1;
    bool overflow = false;
    for (size_t i = 0; i < strides.size(); ++i) {
        int64_t reach = 0;
        overflow |= __builtin_mul_overflow(count, view.shape[i], &count);
        overflow |= view.shape[i] > 0 && __builtin_mul_overflow(view.shape[i] - 1, strides[i], &reach);
        overflow |= __builtin_add_overflow(last, reach, &last);
    }
    if (overflow) fail("tensor \"{}\" has a shape that overflows", name);
    if (count == 0) return view;
    if (static_cast<uint64_t>(last) >= bytes.size() / element)
        fail("tensor \"{}\" reaches element {} of a storage of {}: the file is cut off or wrong", name, last,
             bytes.size() / element);
    const auto begin = bytes.subspan(static_cast<size_t>(offset.integer) * element);
    view.bytes = is_contiguous(view.shape, strides) ? begin.first(static_cast<size_t>(count) * element)
                                                    : copy(view.shape, strides, element, begin, name);
    return view;
}

}  // namespace osu
