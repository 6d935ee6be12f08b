// Where a training run writes: RESULTS/NNN-MODEL/{log.txt, log.csv, checkpoints/SSSSSSS.EXT}.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace osu {

// A row of log.csv.
struct LogEntry {
    int64_t step = 0;
    double loss = 0;  // mean since the last entry
    std::optional<double> validation_loss, validation_loss_ema;
    double learning_rate = 0, gradient_norm = 0, steps_per_second = 0, windows_per_second = 0;
};

class RunFolder {
  public:
    // Makes the next free number.
    RunFolder(const std::filesystem::path& results, const std::string& model);

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path checkpoint(int64_t step, const std::string& extension) const;

    void say(const std::string& message);  // to log.txt with the time, and to standard output
    void add(const LogEntry& entry);       // to log.csv and, in the reference's words, to say()
    const std::vector<LogEntry>& entries() const { return entries_; }

  private:
    std::filesystem::path path_;
    std::ofstream text_, table_;
    std::vector<LogEntry> entries_;
};

}  // namespace osu
