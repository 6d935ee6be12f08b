#include "beatmap/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace osu {

namespace {

constexpr double powers_of_ten[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// Digits with at most one point, 15 in all: then digits and power of ten are exact doubles, and so the
// quotient is rounded once, as it should be.
bool read_plain(std::string_view text, double& out) {
    const char* p = text.data();
    const char* end = p + text.size();
    const bool negative = p != end && *p == '-';
    if (negative) ++p;
    int64_t digits = 0;
    int count = 0, decimals = -1;
    for (; p != end; ++p) {
        if (is_digit(*p)) {
            digits = digits * 10 + (*p - '0');
            if (++count > 15) return false;
            decimals += decimals >= 0;
        } else if (*p == '.' && decimals < 0) {
            decimals = 0;
        } else {
            return false;
        }
    }
    if (count == 0) return false;
    const auto whole = static_cast<double>(digits);
    const double value = decimals > 0 ? whole / powers_of_ten[decimals] : whole;
    out = negative ? -value : value;
    return true;
}

bool same_letters(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

// Everything else: exponents, many digits, +, thousands separators, NaN.
template <class Float>
bool read_rare(std::string_view text, Float& out) {
    text = trim(text);
    std::string without_separators;
    if (text.size() > 1 && is_digit(text[0]) && text.find(',') != text.npos) {
        const size_t point = std::min(text.find('.'), text.size());
        std::copy_if(text.begin(), text.begin() + point, std::back_inserter(without_separators),
                     [](char c) { return c != ','; });
        text = without_separators.append(text.substr(point));
    }
    if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
    const std::string_view unsigned_text = text.substr(text.starts_with('-'));
    if (same_letters(unsigned_text, "nan")) {
        out = std::numeric_limits<Float>::quiet_NaN();
        return true;
    }
    if (unsigned_text.empty() || !(is_digit(unsigned_text[0]) || unsigned_text[0] == '.')) return false;
    const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (stop != text.data() + text.size()) return false;
    if (problem == std::errc::result_out_of_range) {  // too small to tell from 0, or beyond every limit
        const size_t exponent = text.find_first_of("eE");
        out = exponent != text.npos && text.substr(exponent + 1).starts_with('-') ? 0 : max_value * 2;
        return true;
    }
    return problem == std::errc{};
}

// The length in bytes of the white space of Unicode beyond ASCII that text begins with; 0: none.
size_t wide_space(std::string_view text) {
    if (text.starts_with("\xc2\x85") || text.starts_with("\xc2\xa0")) return 2;
    if (text.size() < 3) return 0;
    const auto tail = static_cast<unsigned char>(text[2]);
    if (text.starts_with("\xe2\x80"))
        return (tail >= 0x80 && tail <= 0x8a) || tail == 0xa8 || tail == 0xa9 || tail == 0xaf ? 3 : 0;
    return text.starts_with("\xe1\x9a\x80") || text.starts_with("\xe2\x81\x9f") ||
                   text.starts_with("\xe3\x80\x80")
               ? 3
               : 0;
}

// The length of the well-formed UTF-8 sequence that text begins with; 0: none.
size_t sequence_length(std::string_view text) {
    const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto follows = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        const bool in_range = (lead != 0xe0 || byte(1) >= 0xa0) && (lead != 0xed || byte(1) < 0xa0);
        return in_range && follows(1) && follows(2) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        const bool in_range = (lead != 0xf0 || byte(1) >= 0x90) && (lead != 0xf4 || byte(1) < 0x90);
        return in_range && follows(1) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

bool read_number(std::string_view text, double& out, double limit, NaN nan) {
    double value;
    if (!read_plain(text, value) && !read_rare(text, value)) return false;
    if (std::isnan(value) ? nan == NaN::refused : std::abs(value) > limit) return false;
    out = value;
    return true;
}

bool read_number(std::string_view text, float& out, double limit) {
    double plain;
    float value;
    if (read_plain(text, plain) && plain == std::trunc(plain))
        value = static_cast<float>(plain);
    else if (!read_rare(text, value))
        return false;
    if (!(std::abs(value) <= static_cast<float>(limit))) return false;
    out = value;
    return true;
}

bool read_number(std::string_view text, int32_t& out) {
    if (text.empty()) return false;
    if (!is_digit(text.front()) || !is_digit(text.back())) {
        text = trim(text);
        if (text.starts_with('+') && text.size() > 1 && is_digit(text[1])) text.remove_prefix(1);
    }
    const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
    return problem == std::errc{} && stop == text.data() + text.size() && out >= -max_value;
}

std::string_view trim_end(std::string_view text) {
    while (!text.empty()) {
        if (is_space(text.back())) {
            text.remove_suffix(1);
        } else if (static_cast<unsigned char>(text.back()) < 0x80) {
            break;
        } else if (text.size() >= 2 && wide_space(text.substr(text.size() - 2)) == 2) {
            text.remove_suffix(2);
        } else if (text.size() >= 3 && wide_space(text.substr(text.size() - 3)) == 3) {
            text.remove_suffix(3);
        } else {
            break;
        }
    }
    return text;
}

std::string_view trim(std::string_view text) {
    while (!text.empty()) {
        const size_t space = is_space(text.front()) ? 1 : wide_space(text);
        if (space == 0) break;
        text.remove_prefix(space);
    }
    return trim_end(text);
}

std::string to_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const size_t length = sequence_length(text);
        if (length == 0)
            out += "\xef\xbf\xbd";
        else
            out += text.substr(0, length);
        text.remove_prefix(std::max<size_t>(length, 1));
    }
    return out;
}

}  // namespace osu
