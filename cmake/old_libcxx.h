// What the C++ libraries of Debian 12's and 13's emscripten (LLVM 14 and 19) lack of C++20. Included before
// everything else in builds for browsers (cmake/web.cmake); empty with a newer library.
#pragma once

#include <version>

#ifdef _LIBCPP_VERSION

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <strings.h>
#include <type_traits>

namespace std {

#ifndef __cpp_lib_bit_cast
template <class To, class From>
constexpr To bit_cast(const From& from) noexcept {
    return __builtin_bit_cast(To, from);
}
#endif

#if _LIBCPP_VERSION < 200000
// Of the text that is a decimal number, or its beginning; in the C locale, the only one there.
template <class Float>
    requires is_floating_point_v<Float>
from_chars_result from_chars(const char* first, const char* last, Float& value, chars_format = chars_format::general) {
    const char* end = first;
    const bool negative = end != last && *end == '-';
    end += negative;
    const auto digits = [&] {
        const char* const begin = end;
        while (end != last && *end >= '0' && *end <= '9') ++end;
        return end - begin;
    };
    auto count = digits();
    if (end != last && *end == '.') {
        ++end;
        count += digits();
    }
    if (count == 0) {
        for (const char* const name : {"infinity", "inf", "nan"}) {
            const size_t size = strlen(name);
            const char* const begin = first + negative;
            if (static_cast<size_t>(last - begin) < size || strncasecmp(begin, name, size) != 0) continue;
            value = *name == 'n' ? __builtin_nan("") : __builtin_inf();
            if (negative) value = -value;
            return {begin + size, errc{}};
        }
        return {first, errc::invalid_argument};
    }
    const char* const mantissa_end = end;
    if (end != last && (*end == 'e' || *end == 'E')) {
        ++end;
        if (end != last && (*end == '-' || *end == '+')) ++end;
        if (digits() == 0) end = mantissa_end;
    }
    const string text(first, end);
    const Float number = is_same_v<Float, float> ? strtof(text.c_str(), nullptr) : strtod(text.c_str(), nullptr);
    if (number == __builtin_inf() || number == -__builtin_inf()) return {end, errc::result_out_of_range};
    value = number;
    return {end, errc{}};
}
#endif

}  // namespace std

#endif
