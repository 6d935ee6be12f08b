#include "app/dataset_output.h"

#include <algorithm>

#include <fmt/core.h>

#include "app/summary.h"
#include "base/progress.h"

namespace osu {

namespace {

constexpr size_t most_warnings = 10, most_mappers = 20;

void print_skipped(const std::vector<SkippedMap>& skipped) {
    for (size_t i = 0; i < std::min(most_warnings, skipped.size()); ++i)
        fmt::print(stderr, "warning: {}: {}{}{}\n", printable(skipped[i].path), skipped[i].reason,
                   skipped[i].detail.empty() ? "" : ": ", printable(skipped[i].detail));
    if (skipped.size() > most_warnings)
        fmt::print(stderr, "warning: and {} more\n", skipped.size() - most_warnings);
}

void print_bar(const std::string& name, uint64_t count, uint64_t most) {
    constexpr uint64_t width = 40;
    fmt::print("  {:<20} {:>7} {}\n", printable(name), count,
               std::string((count * width + most - 1) / std::max<uint64_t>(most, 1), '#'));
}

template <class Counts, class Name>
void print_histogram(const char* title, const Counts& counts, Name name) {
    uint64_t most = 1;
    for (const auto& [key, count] : counts) most = std::max(most, static_cast<uint64_t>(count));
    fmt::print("by {}\n", title);
    for (const auto& [key, count] : counts) print_bar(name(key), count, most);
}

void print_mappers(const std::map<std::string, uint64_t>& mappers) {
    std::vector<std::pair<std::string, uint64_t>> order(mappers.begin(), mappers.end());
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    const size_t all = order.size();
    order.resize(std::min(all, most_mappers));
    print_histogram("mapper", order, [](const std::string& name) { return name; });
    if (all > most_mappers) fmt::print("  and {} more mappers\n", all - most_mappers);
}

}  // namespace

void print_report(const DatasetReport& report, const DatasetOptions& options) {
    fmt::print("found     {} maps\n", report.maps_found);
    for (const auto& [reason, count] : report.filtered) fmt::print("left out  {} ({})\n", count, reason);
    for (const auto& [reason, count] : report.skipped_by_reason())
        fmt::print("skipped   {} ({})\n", count, reason);
    if (report.maps_already_there)
        fmt::print("unchanged {} maps that the dataset holds\n", report.maps_already_there);
    if (options.dry_run) {
        fmt::print("would add {} maps in {} sets\n", report.maps_added, report.sets_added);
        print_histogram("year (last change of the file)", report.by_year,
                        [](int year) { return year ? std::to_string(year) : "unknown"; });
        print_histogram("stars", report.by_stars, [](int stars) {
            return stars < 0 ? "unknown" : fmt::format("{}–{}", stars, stars + 1);
        });
        return print_mappers(report.by_mapper);
    }
    print_skipped(report.skipped);
    fmt::print("added     {} maps in {} sets\n", report.maps_added, report.sets_added);
    if (!report.without_audio.empty())
        fmt::print("no audio  of {} sets was found\n", report.without_audio.size());
    fmt::print("dataset   {} maps in {} sets\n", report.maps_in_dataset, report.sets_in_dataset);
}

void print_pack(const PackReport& pack) {
    print_skipped(pack.skipped);
    fmt::print("packed    {} maps, {} datapoints{}\n", pack.maps, pack.datapoints,
               pack.skipped.empty() ? "" : fmt::format(", {} skipped", pack.skipped.size()));
}

void print_written(const std::filesystem::path& file) {
    fmt::print("wrote     {} ({})\n", file.string(),
               format_bytes(static_cast<double>(std::filesystem::file_size(file))));
}

}  // namespace osu
