#include "train/run_folder.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "base/error.h"

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

void append(std::ofstream& file, const std::string& line, const fs::path& folder) {
    file << line << '\n' << std::flush;
    if (!file) fail("cannot write the logs in {}", folder.string());
}

std::string cell(const std::optional<double>& value) {
    return value ? fmt::format("{:.6f}", *value) : "";
}

}  // namespace

RunFolder::RunFolder(const fs::path& results, const std::string& model) {
    std::error_code error;
    fs::create_directories(results, error);
    if (error) fail("cannot make the folder {}: {}", results.string(), error.message());
    int next = 0;
    for (const auto& entry : fs::directory_iterator(results))
        next = std::max(next, leading_number(entry.path().filename().string()) + 1);
    do path_ = results / fmt::format("{:03}-{}", next++, model);
    while (!fs::create_directory(path_, error) && !error);
    if (error) fail("cannot make the folder {}: {}", path_.string(), error.message());
    fs::create_directory(path_ / "checkpoints", error);
    text_.open(path_ / "log.txt");
    table_.open(path_ / "log.csv");
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
