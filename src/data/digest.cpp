#include "data/digest.h"

#include <openssl/evp.h>

#include "base/error.h"

namespace osu {

namespace {

std::string digest(std::string_view text, const EVP_MD* kind, const char* name) {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), bytes, &size, kind, nullptr) != 1)
        fail("{} is not available", name);
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += "0123456789abcdef"[bytes[i] >> 4];
        hex += "0123456789abcdef"[bytes[i] & 15];
    }
    return hex;
}

}  // namespace

std::string md5_of(std::string_view text) {
    return digest(text, EVP_md5(), "MD5");
}

std::string sha256_of(std::string_view text) {
    return digest(text, EVP_sha256(), "SHA-256");
}

}  // namespace osu
