// Files that a run wrote itself, and may replace: those that nobody has changed since.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace osu {

class OwnFiles {
  public:
    void add(const std::filesystem::path& file);        // as it is now
    bool has(const std::filesystem::path& file) const;  // as it was when it was added

  private:
    std::map<std::filesystem::path, std::string> digests_;
};

}  // namespace osu
