#include "archive/pickle_text.h"

#include <charconv>

#include "base/error.h"

namespace osu {

namespace {

void append_utf8(std::string& out, uint32_t code) {
    const auto put = [&out](uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) return put(code);
    if (code < 0x800) {
        put(0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            put(0xe0 | code >> 12);
        } else {
            put(0xf0 | code >> 18);
            put(0x80 | (code >> 12 & 0x3f));
        }
        put(0x80 | (code >> 6 & 0x3f));
    }
    put(0x80 | (code & 0x3f));
}

// The number of `digits` characters to that base at the front of `text`, which is moved behind it.
uint32_t take_code(std::string_view& text, size_t digits, int base) {
    uint32_t code = 0;
    const char* const begin = text.data();
    if (text.size() < digits || std::from_chars(begin, begin + digits, code, base).ptr != begin + digits ||
        code > 0x10ffff)
        fail("the pickle has a string with a wrong escape");
    text.remove_prefix(digits);
    return code;
}

}  // namespace

std::string unescape_python_literal(std::string_view line) {
    if (line.size() < 2 || line.front() != line.back() || (line.front() != '\'' && line.front() != '"'))
        fail("the pickle has a string without quotes");
    line = line.substr(1, line.size() - 2);
    std::string out;
    while (!line.empty()) {
        const char first = line.front();
        line.remove_prefix(1);
        if (first != '\\' || line.empty()) {
            out += first;
            continue;
        }
        constexpr std::string_view letters = "nrtabfv\\'\"", meant = "\n\r\t\a\b\f\v\\'\"";
        const char letter = line.front();
        if (const size_t known = letters.find(letter); known != std::string_view::npos) {
            out += meant[known];
            line.remove_prefix(1);
        } else if (letter == 'x') {
            line.remove_prefix(1);
            append_utf8(out, take_code(line, 2, 16));
        } else if (letter >= '0' && letter <= '3') {
            append_utf8(out, take_code(line, 3, 8));
        } else {
            out += '\\';
        }
    }
    return out;
}

std::string unescape_python_unicode(std::string_view line) {
    std::string out;
    while (!line.empty()) {
        const bool wide = line.starts_with("\\U");
        if (wide || line.starts_with("\\u")) {
            line.remove_prefix(2);
            append_utf8(out, take_code(line, wide ? 8 : 4, 16));
        } else {
            append_utf8(out, static_cast<unsigned char>(line.front()));
            line.remove_prefix(1);
        }
    }
    return out;
}

}  // namespace osu
