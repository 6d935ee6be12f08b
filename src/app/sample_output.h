// Where `sample` writes, under which names, and the writing itself.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "app/sample_flags.h"
#include "app/source_map.h"
#include "sampling/sampling.h"

namespace osu {

class SampleOutput {
  public:
    // Fails on what can be known to go wrong before hours of sampling.
    // `selected`: for each object, 0 where it stays as it is; empty: all change.
    SampleOutput(const SampleOptions& options, const SourceMap& source, std::vector<uint8_t> selected = {});

    // Frames: the first variant's (2, T) on the way. Every file
    // is named on standard output once it is there.
    void write(const Placement& placed, std::span<const std::vector<float>> frames);

  private:
    const SampleOptions& options_;
    const SourceMap& source_;
    const std::vector<uint8_t> selected_;
    std::filesystem::path folder_;
    std::set<std::filesystem::path> taken_;

    // The difficulty's name, with at most so many bytes of the source's.
    std::string version(int variant, size_t limit = std::string::npos) const;
    std::filesystem::path free_path(const std::string& stem, const std::string& extension);
    std::filesystem::path write_map(const std::string& stem, const std::string& text);
    std::string remapped(std::span<const Vec2> position, const std::string& version,
                         bool allow_offscreen) const;
    void write_archive(std::span<const std::string> names, std::span<const std::string> texts);
    void draw(const std::filesystem::path& first_map, std::span<const std::string> texts,
              std::span<const std::vector<float>> frames);
    void dump(std::span<const float> x);
};

}  // namespace osu
