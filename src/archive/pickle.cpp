#include "archive/pickle.h"

#include <bit>

#include "archive/pickle_machine.h"
#include "archive/pickle_writer.h"
#include "base/error.h"

namespace osu {

namespace {

template <class T>
void append_raw(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

std::map<int64_t, int64_t> parse_pickled_int_map(std::string_view pickle) {
    const Pickle values = Pickle::read(pickle);
    const PickleValue& root = values[values.root()];
    if (root.kind != PickleKind::dict) fail("the pickle holds no dict");
    std::map<int64_t, int64_t> map;
    for (size_t i = 0; i < root.items.size(); i += 2) {
        const PickleValue &key = values[root.items[i]], &value = values[root.items[i + 1]];
        if (key.kind != PickleKind::integer || value.kind != PickleKind::integer)
            fail("entry {} of the pickled dict is not from a number to a number", i / 2);
        map[key.integer] = value.integer;
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
