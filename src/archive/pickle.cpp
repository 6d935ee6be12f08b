#include "archive/pickle.h"

#include <bit>
#include <cstring>
#include <optional>

#include "archive/pickle_machine.h"
#include "archive/pickle_writer.h"
#include "base/error.h"

namespace osu {

namespace {

template <class T>
void append_raw(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// The bytes of a `bytes` value. Protocols below 3 have none: there it is a call of _codecs.encode, with the
// bytes as letters of Latin 1, which here are UTF-8.
std::optional<std::string> bytes_of(const Pickle& values, PickleRef ref) {
    const PickleValue& value = values[ref];
    if (value.kind == PickleKind::bytes || value.kind == PickleKind::string) return std::string(value.text);
    if (value.kind != PickleKind::object || !values.is_global(value.items[0], "_codecs", "encode"))
        return std::nullopt;
    const PickleValue& arguments = values[value.items[1]];
    if (arguments.items.empty()) return std::nullopt;
    std::string bytes;
    const std::string_view text = values[arguments.items[0]].text;
    for (size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0xc4) return std::nullopt;  // no letter of Latin 1
        if (byte < 0x80)
            bytes += text[i];
        else if (++i < text.size())
            bytes += static_cast<char>((byte & 3) << 6 | (static_cast<unsigned char>(text[i]) & 0x3f));
    }
    return bytes;
}

// An integer, or one of NumPy's: a call of scalar with its type ("i8", as the first argument of dtype) and
// its little-endian bytes.
std::optional<int64_t> integer_of(const Pickle& values, PickleRef ref) {
    const PickleValue& value = values[ref];
    if (value.kind == PickleKind::integer) return value.integer;
    if (value.kind != PickleKind::object) return std::nullopt;
    if (!values.is_global(value.items[0], "numpy.core.multiarray", "scalar") &&
        !values.is_global(value.items[0], "numpy._core.multiarray", "scalar"))
        return std::nullopt;
    const PickleValue& arguments = values[value.items[1]];
    if (arguments.items.size() != 2) return std::nullopt;
    const PickleValue& type = values[arguments.items[0]];
    if (type.kind != PickleKind::object || !values.is_global(type.items[0], "numpy", "dtype"))
        return std::nullopt;
    const std::vector<PickleRef>& names = values[type.items[1]].items;
    const auto bytes = bytes_of(values, arguments.items[1]);
    if (names.empty() || !bytes) return std::nullopt;
    const auto name = bytes_of(values, names[0]).value_or("");
    const std::vector<PickleRef>& state = values[type.items[2]].items;  // version, byte order, …
    const bool big = state.size() > 1 && values[state[1]].text == ">";
    const bool is_signed = name.starts_with('i');
    const size_t size = bytes->size();
    if (big || (!is_signed && !name.starts_with('u')) || size == 0 || size > 8 ||
        name.substr(1) != std::to_string(size))
        return std::nullopt;
    uint64_t number = 0;
    std::memcpy(&number, bytes->data(), size);
    const unsigned unused = 64 - 8 * static_cast<unsigned>(size);
    if (is_signed) return static_cast<int64_t>(number << unused) >> unused;
    return number > INT64_MAX ? std::nullopt : std::optional<int64_t>(static_cast<int64_t>(number));
}

}  // namespace

std::map<int64_t, int64_t> parse_pickled_int_map(std::string_view pickle) {
    const Pickle values = Pickle::read(pickle);
    const PickleValue& root = values[values.root()];
    if (root.kind != PickleKind::dict) fail("the pickle holds no dict");
    std::map<int64_t, int64_t> map;
    for (size_t i = 0; i < root.items.size(); i += 2) {
        const auto key = integer_of(values, root.items[i]), value = integer_of(values, root.items[i + 1]);
        if (!key || !value) fail("entry {} of the pickled dict is not from a number to a number", i / 2);
        map[*key] = *value;
    }
    return map;
}

std::string pickle_int_map(const std::map<int64_t, int64_t>& map) {
    PickleWriter writer;
    writer.dict();
    writer.mark();
    for (const auto& [key, value] : map) {
        writer.integer(key);
        writer.integer(value);
    }
    writer.add_pairs();
    return writer.finish();
}

void PickleWriter::integer(int64_t value) {
    if (value >= 0 && value <= UINT8_MAX) {
        out_ += 'K';
        append_raw(out_, static_cast<uint8_t>(value));
    } else if (value >= 0 && value <= UINT16_MAX) {
        out_ += 'M';
        append_raw(out_, static_cast<uint16_t>(value));
    } else if (value >= INT32_MIN && value <= INT32_MAX) {
        out_ += 'J';
        append_raw(out_, static_cast<int32_t>(value));
    } else {
        out_ += "\x8a\x08";
        append_raw(out_, value);
    }
}

void PickleWriter::real(double value) {
    out_ += 'G';
    append_raw(out_, __builtin_bswap64(std::bit_cast<uint64_t>(value)));
}

void PickleWriter::string(std::string_view text) {
    if (text.size() > UINT32_MAX) fail("a text of {} bytes is too long for a pickle", text.size());
    out_ += 'X';
    append_raw(out_, static_cast<uint32_t>(text.size()));
    out_ += text;
}

void PickleWriter::global(std::string_view module, std::string_view name) {
    out_ += 'c';
    out_.append(module).append("\n").append(name).append("\n");
}

std::string PickleWriter::finish() {
    return std::exchange(out_, "\x80\x02") + '.';
}

}  // namespace osu
