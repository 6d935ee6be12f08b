// MD5 (RFC 1321) and SHA-256 (FIPS 180-4): both pad a text to blocks of 64 bytes and stir these into a few
// words.
#include "data/digest.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace osu {

namespace {

using Words = std::array<uint32_t, 16>;  // of a block
constexpr std::endian little = std::endian::little, big = std::endian::big;

uint8_t byte_of(uint32_t word, size_t i, std::endian order) {
    return static_cast<uint8_t>(word >> 8 * (order == little ? i : 3 - i));
}

// stir(words) for every block of the text, behind which stand a bit of one, zeros and the length in bits.
template <class Stir>
void for_blocks(std::string_view text, std::endian order, Stir stir) {
    const size_t padded = (text.size() + 8) / 64 * 64 + 64;
    const uint64_t bits = uint64_t{text.size()} * 8;
    const auto byte_at = [&](size_t i) -> uint8_t {
        if (i < text.size()) return static_cast<uint8_t>(text[i]);
        if (i == text.size()) return 0x80;
        if (i < padded - 8) return 0;
        const size_t place = i - (padded - 8);
        return static_cast<uint8_t>(bits >> 8 * (order == little ? place : 7 - place));
    };
    for (size_t begin = 0; begin < padded; begin += 64) {
        Words words{};
        for (size_t i = 0; i < 64; ++i)
            words[i / 4] |= uint32_t{byte_at(begin + i)} << 8 * (order == little ? i % 4 : 3 - i % 4);
        stir(words);
    }
}

template <size_t count>
std::string hex_of(const std::array<uint32_t, count>& state, std::endian order) {
    std::string hex;
    for (const uint32_t word : state)
        for (size_t i = 0; i < 4; ++i) {
            hex += "0123456789abcdef"[byte_of(word, i, order) >> 4];
            hex += "0123456789abcdef"[byte_of(word, i, order) & 15];
        }
    return hex;
}

// Of the constants of both, the first 32 bits behind the point.
uint32_t fraction(long double value) {
    return static_cast<uint32_t>((value - std::floor(value)) * 4294967296.0L);
}

}  // namespace

std::string md5_of(std::string_view text) {
    static const auto sines = [] {
        std::array<uint32_t, 64> table;
        for (size_t i = 0; i < 64; ++i)
            table[i] = static_cast<uint32_t>(std::abs(std::sin(static_cast<double>(i + 1))) * 4294967296.0);
        return table;
    }();
    constexpr int turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    std::array<uint32_t, 4> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    for_blocks(text, little, [&](const Words& words) {
        auto [a, b, c, d] = state;
        for (size_t i = 0; i < 64; ++i) {
            const size_t round = i / 16;
            constexpr size_t step[] = {1, 5, 3, 7}, start[] = {0, 1, 5, 0};
            const uint32_t mixed = round == 0   ? (b & c) | (~b & d)
                                   : round == 1 ? (d & b) | (~d & c)
                                   : round == 2 ? b ^ c ^ d
                                                : c ^ (b | ~d);
            const uint32_t sum = a + mixed + sines[i] + words[(step[round] * i + start[round]) % 16];
            a = d;
            d = c;
            c = b;
            b += std::rotl(sum, turns[round][i % 4]);
        }
        state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
    });
    return hex_of(state, little);
}

std::string sha256_of(std::string_view text) {
    struct Constants {
        std::array<uint32_t, 8> start;
        std::array<uint32_t, 64> rounds;
    };
    static const Constants constants = [] {  // of the roots of the first primes
        Constants made;
        size_t found = 0;
        for (int number = 2; found < 64; ++number) {
            bool prime = true;
            for (int factor = 2; factor * factor <= number; ++factor) prime = prime && number % factor != 0;
            if (!prime) continue;
            if (found < 8) made.start[found] = fraction(std::sqrt(static_cast<long double>(number)));
            made.rounds[found++] = fraction(std::cbrt(static_cast<long double>(number)));
        }
        return made;
    }();
    std::array<uint32_t, 8> state = constants.start;
    for_blocks(text, big, [&](const Words& words) {
        std::array<uint32_t, 64> w;
        std::copy(words.begin(), words.end(), w.begin());
        for (size_t i = 16; i < 64; ++i) {
            const uint32_t x = w[i - 15], y = w[i - 2];
            w[i] = w[i - 16] + w[i - 7] + (std::rotr(x, 7) ^ std::rotr(x, 18) ^ x >> 3) +
                   (std::rotr(y, 17) ^ std::rotr(y, 19) ^ y >> 10);
        }
        auto [a, b, c, d, e, f, g, h] = state;
        for (size_t i = 0; i < 64; ++i) {
            const uint32_t first = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                                   ((e & f) ^ (~e & g)) + constants.rounds[i] + w[i];
            const uint32_t second =
                (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            h = g;
            g = f;
            f = e;
            e = d + first;
            d = c;
            c = b;
            b = a;
            a = first + second;
        }
        const std::array<uint32_t, 8> stirred{a, b, c, d, e, f, g, h};
        for (size_t i = 0; i < 8; ++i) state[i] += stirred[i];
    });
    return hex_of(state, big);
}

}  // namespace osu
