#include "beatmap/inflate.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"

namespace osu {

namespace {

constexpr size_t window = size_t{1} << 15;  // how far back a copy may reach
constexpr int longest_code = 15;

// Bits from the least significant of each byte on. Behind the end there are zeros, until take() notices.
class BitReader {
  public:
    explicit BitReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    uint32_t peek(int count) {
        while (held_ < count) {
            const uint64_t byte = next_ < bytes_.size() ? static_cast<uint64_t>(bytes_[next_]) : 0;
            ++next_;
            bits_ |= byte << held_;
            held_ += 8;
        }
        return static_cast<uint32_t>(bits_ & ((uint64_t{1} << count) - 1));
    }
    void skip(int count) {
        bits_ >>= count;
        held_ -= count;
        if (next_ > bytes_.size() && static_cast<uint64_t>(held_) < 8 * (next_ - bytes_.size()))
            fail("it ends too early");
    }
    uint32_t take(int count) {
        const uint32_t value = peek(count);
        skip(count);
        return value;
    }
    void to_next_byte() { skip(held_ % 8); }

  private:
    std::span<const std::byte> bytes_;
    size_t next_ = 0;
    uint64_t bits_ = 0;
    int held_ = 0;
};

// A Huffman code, told by the length of each symbol's code (0: it has none): for every value of the next bits
// the symbol that they begin with.
class Code {
  public:
    explicit Code(std::span<const uint8_t> lengths) {
        std::array<int, longest_code + 1> count{}, next{};
        for (const uint8_t length : lengths) ++count[length];
        count[0] = 0;
        int open = 1;
        for (int length = 1; length <= longest_code; ++length) {
            open = 2 * open - count[length];
            if (open < 0) fail("its codes overlap");
            if (count[length] > 0) bits_ = length;
            if (length > 1) next[length] = (next[length - 1] + count[length - 1]) * 2;
        }
        table_.assign(size_t{1} << bits_, Entry{});
        for (size_t symbol = 0; symbol < lengths.size(); ++symbol) {
            const int length = lengths[symbol];
            if (length == 0) continue;
            uint32_t reversed = 0;  // codes stand with their first bit first
            for (int bit = 0, code = next[length]++; bit < length; ++bit)
                reversed |= (code >> bit & 1u) << (length - 1 - bit);
            for (size_t at = reversed; at < table_.size(); at += size_t{1} << length)
                table_[at] = {static_cast<uint16_t>(symbol), static_cast<uint8_t>(length)};
        }
    }
    uint32_t take(BitReader& reader) const {
        const Entry entry = table_[reader.peek(bits_)];
        if (entry.length == 0) fail("it has a code that means nothing");
        reader.skip(entry.length);
        return entry.symbol;
    }

  private:
    struct Entry {
        uint16_t symbol = 0;
        uint8_t length = 0;
    };
    int bits_ = 1;  // of its longest code
    std::vector<Entry> table_;
};

struct Codes {
    Code literal, distance;
};

Codes fixed_codes() {
    std::array<uint8_t, 288> literal;
    for (size_t i = 0; i < literal.size(); ++i) literal[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    std::array<uint8_t, 30> distance;
    distance.fill(5);
    return {Code(literal), Code(distance)};
}

Codes read_codes(BitReader& reader) {
    const size_t literals = reader.take(5) + 257, distances = reader.take(5) + 1, orders = reader.take(4) + 4;
    constexpr uint8_t order[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    std::array<uint8_t, 19> of_lengths{};
    for (size_t i = 0; i < orders; ++i) of_lengths[order[i]] = static_cast<uint8_t>(reader.take(3));
    const Code code(of_lengths);
    std::vector<uint8_t> lengths;
    while (lengths.size() < literals + distances) {
        const uint32_t symbol = code.take(reader);
        if (symbol < 16) {
            lengths.push_back(static_cast<uint8_t>(symbol));
            continue;
        }
        if (symbol == 16 && lengths.empty()) fail("it repeats a length that is not there");
        const uint8_t length = symbol == 16 ? lengths.back() : 0;
        const size_t times = symbol == 16   ? 3 + reader.take(2)
                             : symbol == 17 ? 3 + reader.take(3)
                                            : 11 + reader.take(7);
        lengths.insert(lengths.end(), times, length);
    }
    if (lengths.size() > literals + distances) fail("it has too many lengths");
    const std::span all(lengths);
    return {Code(all.first(literals)), Code(all.subspan(literals))};
}

// What was unpacked last, and is still to be handed over.
class Output {
  public:
    explicit Output(const std::function<void(std::string_view)>& take) : take_(take) {
        bytes_.reserve(4 * window);
    }
    void put(char byte) {
        if (bytes_.size() == 4 * window) flush();
        bytes_ += byte;
    }
    void copy(size_t distance, size_t length) {
        if (distance > bytes_.size()) fail("it refers to what was before its beginning");
        for (size_t i = 0; i < length; ++i) {
            if (bytes_.size() == 4 * window) flush();
            bytes_ += bytes_[bytes_.size() - distance];
        }
    }
    // Hands over what is new, and keeps what may be referred to.
    void flush() {
        take_(std::string_view(bytes_).substr(done_));
        bytes_.erase(0, bytes_.size() - std::min(bytes_.size(), window));
        done_ = bytes_.size();
    }

  private:
    const std::function<void(std::string_view)>& take_;
    std::string bytes_;
    size_t done_ = 0;
};

// Symbols from 257 on stand for lengths, and those of distances for distances: the least, and how many bits
// more.
void unpack_block(BitReader& reader, const Codes& codes, Output& output) {
    for (;;) {
        const uint32_t symbol = codes.literal.take(reader);
        if (symbol < 256) {
            output.put(static_cast<char>(symbol));
            continue;
        }
        if (symbol == 256) return;
        if (symbol > 285) fail("it has a length that means nothing");
        const uint32_t length_class = symbol - 257;
        size_t length = length_class + 3;
        if (length_class == 28) {
            length = 258;
        } else if (length_class >= 8) {
            const int more = static_cast<int>(length_class / 4) - 1;
            length = 3 + ((4 + length_class % 4) << more) + reader.take(more);
        }
        const uint32_t distance_class = codes.distance.take(reader);
        if (distance_class > 29) fail("it has a distance that means nothing");
        size_t distance = distance_class + 1;
        if (distance_class >= 4) {
            const int more = static_cast<int>(distance_class / 2) - 1;
            distance = 1 + ((2 + distance_class % 2) << more) + reader.take(more);
        }
        output.copy(distance, length);
    }
}

}  // namespace

void inflate(std::span<const std::byte> packed, const std::function<void(std::string_view piece)>& take) {
    BitReader reader(packed);
    Output output(take);
    for (bool last = false; !last;) {
        last = reader.take(1) == 1;
        switch (reader.take(2)) {
            case 0: {
                reader.to_next_byte();
                const uint32_t length = reader.take(16), check = reader.take(16);
                if ((length ^ check) != 0xffff) fail("the length of a part is damaged");
                for (uint32_t i = 0; i < length; ++i) output.put(static_cast<char>(reader.take(8)));
                break;
            }
            case 1: unpack_block(reader, fixed_codes(), output); break;
            case 2: unpack_block(reader, read_codes(reader), output); break;
            default: fail("it has a part of a kind that means nothing");
        }
    }
    output.flush();
}

}  // namespace osu
