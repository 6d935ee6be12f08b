#include "app/flag.h"

#include <charconv>
#include <cmath>
#include <functional>

#include <fmt/format.h>

namespace osu {

namespace {

constexpr int most_threads = 1024;  // more than any computer has cores to work on one map

// `wrong`: what is wrong with a number, or nothing.
CLI::Validator on_numbers(std::function<std::string(double)> wrong) {
    CLI::Validator validator;
    validator.operation([wrong = std::move(wrong)](std::string& text) {
        double value = 0;
        const char* const begin = text.data() + (text.starts_with('+') ? 1 : 0);
        const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size()) return text + " is no number";
        const std::string problem = std::isfinite(value) ? wrong(value) : "is no finite number";
        return problem.empty() ? problem : text + " " + problem;
    });
    return validator;
}

// CLI11 takes −1 for the largest number of a type without a sign, and so what is too large for it.
std::string wrong_count(std::string& text) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) return text + " is too large";
    return error == std::errc() && end == text.data() + text.size() ? "" : text + " is no number from 0 on";
}

// A plain number of steps; sections and strides are looked at when the schedule is known.
std::string wrong_steps(std::string& text) {
    constexpr int most_steps = 1000;  // of the schedule
    if (text.find_first_not_of("0123456789") != std::string::npos) return {};
    int steps = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), steps);
    if (error == std::errc() && steps >= 1 && steps <= most_steps) return {};
    return fmt::format("{} is no number from 1 to {}", text, most_steps);
}

}  // namespace

CLI::Validator at_least(double least) {
    return on_numbers([least](double value) {
        return value >= least ? std::string() : fmt::format("is less than {:g}", least);
    });
}

CLI::Validator above(double bound) {
    return on_numbers([bound](double value) {
        return value > bound ? std::string() : fmt::format("is not above {:g}", bound);
    });
}

CLI::Validator finite() {
    return on_numbers([](double) { return std::string(); });
}

void add_device_flags(CLI::App& verb, DeviceChoice& choice) {
    choice = {"auto", "auto"};
    verb.add_option("--device", choice.device,
                    "Compute on auto (a GPU where this build has CUDA and one answers), cpu, cuda, cuda:N");
    verb.add_option("--precision", choice.precision,
                    "Compute in auto (bf16 where the device is faster in it), f32, bf16")
        ->check(CLI::IsMember({"auto", "f32", "bf16"}));
}

std::unique_ptr<Backend> open_backend(const DeviceChoice& choice) {
    OpenDevice device = open_device(choice);
    if (!device.notice.empty()) fmt::print(stderr, "notice: {}\n", device.notice);
    return std::move(device.backend);
}

void add_sampling_flags(CLI::App& verb, SamplingOptions& options) {
    verb.add_option("--sampler", options.sampler,
                    "Choose dpm++, ddpm (the reference's, with 250 steps) or ddim")
        ->check(CLI::IsMember({"ddpm", "ddim", "dpm++"}))
        ->default_str("dpm++, or what a student was made for");
    verb.add_option("--num-sampling-steps,--steps", options.steps,
                    "Denoise in so many steps; or sections (10,15,20), or an integer stride (ddim25)")
        ->type_name("STEPS")
        ->check(CLI::Validator(wrong_steps, ""))
        ->default_str("15, or what a student was made for");
    verb.add_option("-s,--seed", options.seed, "Seed the noise; variant i has seed + i");
    verb.add_option("--seq-len", options.seq_len, "Let a datapoint see so many before and after it")
        ->check(CLI::Range(1, 1 << 20))
        ->default_str("128, or as the network was trained");
    verb.add_option("--cfg-scale", options.cfg_scale, "Guide towards the style; 1: do not, in half the time");
    add_truth(
        verb, "--keep-spacing", options.keep_spacing,
        "Hold objects to the source's spacing, sliders to their lengths, and apart from each other; not "
        "with --rng torch, whose numbers are the reference's");
    add_truth(verb, "--keep-structure", options.keep_structure,
              "Make alike what the source makes alike: repeats, mirrored parts, parallel sliders; goes with "
              "--keep-spacing");
}

CLI::Option* add_threads(CLI::App& verb, int& threads, const std::string& what) {
    return verb
        .add_option("--threads", threads,
                    what.empty() ? "Use so many threads; 0: as many as there are cores" : what)
        ->check(CLI::Range(0, most_threads));
}

void warn_if_idle(const CLI::App& verb, const std::string& flag, bool idle, const std::string& why) {
    if (idle && verb.count(flag) > 0) fmt::print(stderr, "warning: {} changes nothing: {}\n", flag, why);
}

void refuse_odd_numbers(CLI::App& verb) {
    for (CLI::Option* option : verb.get_options()) {
        const std::string type = option->get_type_name();
        if (type.starts_with("FLOAT")) option->check(finite());
        if (type.starts_with("UINT")) option->check(CLI::Validator(wrong_count, ""));
    }
}

}  // namespace osu
