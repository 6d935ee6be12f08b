#include "app/own_files.h"

#include "base/error.h"
#include "base/file.h"
#include "data/digest.h"

namespace osu {

void OwnFiles::add(const std::filesystem::path& file) {
    digests_[file] = sha256_of(read_file(file));
}

bool OwnFiles::has(const std::filesystem::path& file) const {
    const auto found = digests_.find(file);
    if (found == digests_.end()) return false;
    try {
        return sha256_of(read_file(file)) == found->second;
    } catch (const Error&) {  // gone, or nothing that we wrote
        return false;
    }
}

}  // namespace osu
