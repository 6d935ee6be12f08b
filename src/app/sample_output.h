// Where `sample` writes, and the writing itself.
#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "app/sample_flags.h"
#include "app/sample_names.h"
#include "app/source_map.h"
#include "sampling/sampling.h"

namespace osu {

// What was written for one map.
struct WrittenFiles {
    std::vector<std::filesystem::path> maps;
    std::vector<std::string> versions;               // of the maps
    std::vector<std::filesystem::path> others;       // archive, coordinates, picture, animation
    std::vector<std::filesystem::path> all() const;  // in the order of writing
};

class SampleOutput {
  public:
    // Fails on what can be known to go wrong before hours of sampling.
    // `selected`: for each object, 0 where it stays as it is; empty: all change. Those of `own` are replaced
    // as if they were not there, and what is written joins them; null: no file is.
    SampleOutput(const SampleOptions& options, const SourceMap& source, std::vector<uint8_t> selected = {},
                 OwnFiles* own = nullptr);

    // Frames: the first variant's (2, T) on the way.
    WrittenFiles write(const Placement& placed, std::span<const std::vector<float>> frames);

  private:
    const SampleOptions& options_;
    const SourceMap& source_;
    const std::vector<uint8_t> selected_;
    OwnFiles* const own_;
    std::filesystem::path folder_, file_;  // file_: the one that --out names
    std::set<std::filesystem::path> taken_;
    TakenVersions taken_versions_;
    WrittenFiles written_;

    bool may_replace(const std::filesystem::path& path) const;
    bool is_kept(const std::filesystem::path& path) const;  // it is there, and may not be replaced
    void wrote(const std::filesystem::path& path);
    void choose_folder();
    void take_names();
    std::vector<std::string> write_maps(const Placement& placed);
    void refuse_odd_flags() const;
    std::filesystem::path free_path(const std::string& stem, const std::string& extension);
    bool holds_the_source(const std::filesystem::path& archive) const;
    std::filesystem::path archive_path();
    std::string stem_of(const std::string& version) const;
    std::filesystem::path write_map(const std::string& stem, const std::string& text);
    std::string remapped(std::span<const Vec2> position, const std::string& version,
                         bool allow_offscreen) const;
    void write_archive(std::span<const std::string> texts);
    void draw(std::span<const std::string> texts, std::span<const std::vector<float>> frames);
    void dump(std::span<const float> x);
};

}  // namespace osu
