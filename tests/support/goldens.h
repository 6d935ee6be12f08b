// Where tests find what they compare with: their own numbers in tests/goldens, and the shared folder beside
// the checkout, which may be absent (then tests skip with a message).
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace osu::test {

std::filesystem::path source_dir();                        // the checkout
std::filesystem::path test_data(const std::string& name);  // tests/goldens/NAME
std::optional<std::filesystem::path> shared(
    const std::string& name);                      // the file or folder, where it is there
std::vector<std::filesystem::path> shared_maps();  // every .osu of maps/, sorted; empty when absent

}  // namespace osu::test

// Skips the test when ../shared/NAME is absent; otherwise declares `variable` as its path.
#define SHARED_OR_SKIP(variable, name)                                             \
    const auto variable##_found = ::osu::test::shared(name);                       \
    if (!variable##_found) GTEST_SKIP() << "../shared/" << (name) << " is absent"; \
    const std::filesystem::path variable = *variable##_found
