#include "picture/palette.h"

#include <algorithm>
#include <cmath>

namespace osu {

namespace {

struct Sample {
    std::array<double, 3> mean{};
    double weight = 0;
};

struct Box {
    size_t first = 0, count = 0;  // into the samples
    std::array<double, 3> mean{};
    int axis = 0;      // of the largest variance
    double error = 0;  // squared, along that axis
};

Box measure(const std::vector<Sample>& samples, size_t first, size_t count) {
    Box box{first, count};
    double weight = 0;
    std::array<double, 3> sum{}, squares{};
    for (size_t i = first; i < first + count; i++) {
        weight += samples[i].weight;
        for (int k = 0; k < 3; k++) {
            sum[k] += samples[i].weight * samples[i].mean[k];
            squares[k] += samples[i].weight * samples[i].mean[k] * samples[i].mean[k];
        }
    }
    for (int k = 0; k < 3; k++) {
        box.mean[k] = sum[k] / weight;
        const double error = squares[k] - sum[k] * box.mean[k];
        if (count > 1 && error > box.error) {
            box.axis = k;
            box.error = error;
        }
    }
    return box;
}

}  // namespace

void ColourCount::add(std::span<const uint32_t> pixels) {
    for (const uint32_t pixel : pixels) {
        Bin& bin = bins_[bin_of(pixel)];
        bin.count++;
        bin.sum[0] += pixel >> 16 & 0xff;
        bin.sum[1] += pixel >> 8 & 0xff;
        bin.sum[2] += pixel & 0xff;
    }
}

std::vector<Colour> ColourCount::palette(size_t size) const {
    std::vector<Sample> samples;
    for (const Bin& bin : bins_) {
        if (bin.count == 0) continue;
        const auto count = static_cast<double>(bin.count);
        samples.push_back({{bin.sum[0] / count, bin.sum[1] / count, bin.sum[2] / count}, std::sqrt(count)});
    }
    std::vector<Box> boxes;
    if (!samples.empty()) boxes.push_back(measure(samples, 0, samples.size()));
    while (!boxes.empty() && boxes.size() < size) {
        const auto worst = std::max_element(boxes.begin(), boxes.end(),
                                            [](const Box& a, const Box& b) { return a.error < b.error; });
        if (worst->error <= 1e-9) break;
        const Box box = *worst;
        const auto begin = samples.begin() + static_cast<ptrdiff_t>(box.first);
        const auto middle =
            std::partition(begin, begin + static_cast<ptrdiff_t>(box.count),
                           [&](const Sample& sample) { return sample.mean[box.axis] < box.mean[box.axis]; });
        const auto below = static_cast<size_t>(middle - begin);
        if (below == 0 || below == box.count) {  // apart by less than rounding
            worst->error = 0;
            continue;
        }
        *worst = measure(samples, box.first, below);
        boxes.push_back(measure(samples, box.first + below, box.count - below));
    }
    std::vector<Colour> result;
    const auto byte = [](double value) { return static_cast<uint8_t>(std::lround(value)); };
    for (const Box& box : boxes) result.push_back({byte(box.mean[0]), byte(box.mean[1]), byte(box.mean[2])});
    return result;
}

PaletteIndex::PaletteIndex(const ColourCount& counted, std::span<const Colour> palette)
    : nearest_(ColourCount::bin_count) {
    for (size_t i = 0; i < nearest_.size(); i++) {
        const ColourCount::Bin& bin = counted.bins_[i];
        if (bin.count == 0) continue;
        double best = 1e9;
        for (size_t k = 0; k < palette.size(); k++) {
            const auto count = static_cast<double>(bin.count);
            const double red = bin.sum[0] / count - palette[k].red,
                         green = bin.sum[1] / count - palette[k].green,
                         blue = bin.sum[2] / count - palette[k].blue;
            const double distance = red * red + green * green + blue * blue;
            if (distance < best) {
                best = distance;
                nearest_[i] = static_cast<uint8_t>(k);
            }
        }
    }
}

}  // namespace osu
