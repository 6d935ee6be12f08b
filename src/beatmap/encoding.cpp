#include "beatmap/encoding.h"

#include <iconv.h>

#include "beatmap/numbers.h"

namespace osu {

namespace {

uint32_t unit_at(std::string_view text, size_t index, Encoding encoding) {
    const auto first = static_cast<unsigned char>(text[2 * index]);
    const auto second = static_cast<unsigned char>(text[2 * index + 1]);
    return encoding == Encoding::utf16_little ? uint32_t{second} << 8 | first : uint32_t{first} << 8 | second;
}

void append_utf8(std::string& out, uint32_t point) {
    const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
    const auto tail = [&](int shift) { put(0x80 | (point >> shift & 0x3f)); };
    if (point < 0x80) return put(point);
    if (point < 0x800) {
        put(0xc0 | point >> 6);
    } else if (point < 0x10000) {
        put(0xe0 | point >> 12);
        tail(6);
    } else {
        put(0xf0 | point >> 18);
        tail(12);
        tail(6);
    }
    tail(0);
}

// The next letter, and its bytes off the text; what is no UTF-8 is U+FFFD.
uint32_t take_letter(std::string_view& text) {
    const auto first = static_cast<unsigned char>(text[0]);
    const size_t size = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
    uint32_t point = size == 1 ? first : first & (0x7f >> size);
    for (size_t i = 1; i < size; ++i) {
        if (i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) {
            text.remove_prefix(1);
            return 0xfffd;
        }
        point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
    }
    text.remove_prefix(size == 0 ? 1 : size);
    return size == 0 ? 0xfffd : point;
}

}  // namespace

Encoding encoding_of(std::string_view text) {
    if (text.starts_with("\xff\xfe")) return Encoding::utf16_little;
    if (text.starts_with("\xfe\xff")) return Encoding::utf16_big;
    return Encoding::utf8;
}

std::string from_utf16(std::string_view text, Encoding encoding) {
    std::string out;
    out.reserve(text.size());
    const size_t units = text.size() / 2;
    for (size_t i = 0; i < units; ++i) {
        uint32_t point = unit_at(text, i, encoding);
        if (point >= 0xd800 && point < 0xdc00 && i + 1 < units) {
            const uint32_t second = unit_at(text, i + 1, encoding);
            if (second >= 0xdc00 && second < 0xe000) {
                point = 0x10000 + ((point - 0xd800) << 10) + (second - 0xdc00);
                ++i;
            }
        }
        append_utf8(out, point);
    }
    return out;
}

std::string to_utf16(std::string_view text, Encoding encoding) {
    std::string out;
    out.reserve(2 * text.size());
    const auto put = [&](uint32_t unit) {
        const char low = static_cast<char>(unit), high = static_cast<char>(unit >> 8);
        out += encoding == Encoding::utf16_little ? low : high;
        out += encoding == Encoding::utf16_little ? high : low;
    };
    while (!text.empty()) {
        const uint32_t point = take_letter(text);
        if (point < 0x10000) {
            put(point);
        } else {
            put(0xd800 + ((point - 0x10000) >> 10 & 0x3ff));
            put(0xdc00 + ((point - 0x10000) & 0x3ff));
        }
    }
    return out;
}

std::string decoded_name(std::string_view raw) {
    std::string utf8 = to_utf8(raw);
    if (utf8 == raw) return utf8;
    const iconv_t converter = ::iconv_open("UTF-8", "CP932");
    if (converter == reinterpret_cast<iconv_t>(-1)) return utf8;
    std::string in(raw), out(3 * raw.size(), '\0');
    char *from = in.data(), *to = out.data();
    size_t from_left = in.size(), to_left = out.size();
    const bool whole = ::iconv(converter, &from, &from_left, &to, &to_left) != static_cast<size_t>(-1);
    ::iconv_close(converter);
    if (!whole || from_left > 0) return utf8;
    out.resize(out.size() - to_left);
    return out;
}

}  // namespace osu
