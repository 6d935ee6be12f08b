// A song for a studio that runs already: whoever opens a second archive from a file manager wants it in the
// page that is there, not to hear that another program keeps the data.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace osu::studio {

// What a studio leaves in its folder of data, which its owner alone can read, for as long as it runs.
constexpr const char* address_record = "address.json";
std::string record_of_address(const std::string& origin, const std::string& token);

// Gives the archive to the studio that runs on these data, or nothing where `archive` is empty. The address
// to open; none where no studio answers there. Error for a file that it does not take.
std::optional<std::string> hand_over(const std::filesystem::path& data, const std::filesystem::path& archive);

}  // namespace osu::studio
