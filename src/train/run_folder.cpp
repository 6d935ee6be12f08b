#include "train/run_folder.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace osu {

namespace fs = std::filesystem;

namespace {

int leading_number(const std::string& name) {
    int number = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    return error == std::errc() && *end == '-' ? number : -1;
}

std::string now() {
    const std::time_t time = std::time(nullptr);
    std::tm local{};
    localtime_r(&time, &local);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
    return text;
}

// A full disk may have room again later, and no line of a log is worth the run.
void append(std::ofstream& file, const std::string& line, const fs::path& folder) {
    file << line << '\n' << std::flush;
    if (file) return;
    file.clear();
    static bool told = false;
    if (!std::exchange(told, true))
        fmt::print(stderr, "warning: cannot write the logs in {}; the run goes on\n", folder.string());
}

// Of runs that were killed while they saved.
void remove_abandoned_checkpoints(const fs::path& results) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(results))
        if (leading_number(entry.path().filename().string()) >= 0 &&
            fs::is_directory(entry.path() / "checkpoints", ignored))
            remove_abandoned_files(entry.path() / "checkpoints");
}

std::string cell(const std::optional<double>& value) {
    return value ? fmt::format("{:.6f}", *value) : "";
}

}  // namespace

RunFolder::RunFolder(const fs::path& results, const std::string& model) {
    std::error_code error;
    fs::create_directories(results, error);
    if (error) fail("cannot make the folder {}: {}", results.string(), error.message());
    remove_abandoned_checkpoints(results);
    int next = 0;
    for (const auto& entry : fs::directory_iterator(results))
        next = std::max(next, leading_number(entry.path().filename().string()) + 1);
    do path_ = results / fmt::format("{:03}-{}", next++, model);
    while (!fs::create_directory(path_, error) && !error);
    if (error) fail("cannot make the folder {}: {}", path_.string(), error.message());
    fs::create_directory(path_ / "checkpoints", error);
    text_.open(path_ / "log.txt");
    table_.open(path_ / "log.csv");
    if (!text_ || !table_) fail("cannot write the logs in {}", path_.string());
    append(table_,
           "step,train_loss,validation_loss,validation_loss_ema,learning_rate,gradient_norm,steps_per_second,"
           "windows_per_second",
           path_);
}

fs::path RunFolder::checkpoint(int64_t step, const std::string& extension) const {
    return path_ / "checkpoints" / fmt::format("{:07}.{}", step, extension);
}

void RunFolder::say(const std::string& message) {
    const std::string line = fmt::format("[{}] {}", now(), message);
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
    append(text_, line, path_);
}

void RunFolder::add(const LogEntry& entry) {
    entries_.push_back(entry);
    append(table_,
           fmt::format("{},{:.6f},{},{},{:.6g},{:.6g},{:.4f},{:.2f}", entry.step, entry.loss,
                       cell(entry.validation_loss), cell(entry.validation_loss_ema), entry.learning_rate,
                       entry.gradient_norm, entry.steps_per_second, entry.windows_per_second),
           path_);
    say(fmt::format("(step={:07}) Train Loss: {:.4f}, Train Steps/Sec: {:.2f}", entry.step, entry.loss,
                    entry.steps_per_second));
    if (entry.validation_loss)
        say(fmt::format("(step={:07}) Validation Loss: {:.4f}, of the EMA: {:.4f}", entry.step,
                        *entry.validation_loss, *entry.validation_loss_ema));
}

}  // namespace osu
