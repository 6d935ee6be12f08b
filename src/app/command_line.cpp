#include "app/command_line.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "app/json_output.h"
#include "app/parse_errors.h"
#include "app/source_map.h"
#include "base/error.h"
#include "base/text.h"

namespace osu {

namespace {

constexpr const char* program = "osu-diffusion";

Hint suggestion(const std::vector<std::string>& near, const std::string& otherwise) {
    return {near.empty() ? otherwise : "did you mean " + near.front() + "?"};
}

std::vector<std::string> verb_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* verb :
         app.get_subcommands([](const CLI::App* each) { return !each->get_group().empty(); }))
        names.push_back(verb->get_name());
    return names;
}

const CLI::App* verb_named(const CLI::App& app, const std::string& name) {
    const auto all = app.get_subcommands({});
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const CLI::App* each) { return each->get_name() == name; });
    return found == all.end() ? nullptr : *found;
}

std::vector<std::string> flag_names(const CLI::App& verb) {
    std::vector<std::string> names;
    for (const CLI::Option* option : verb.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

bool is_known(const CLI::App& verb, const std::string& flag) {
    return verb.get_option_no_throw(flag) != nullptr;
}

bool is_truth(const std::string& word) {
    constexpr std::array words = {"true", "false", "1", "0", "yes", "no", "on", "off"};
    return std::any_of(words.begin(), words.end(),
                       [&](const char* each) { return equal_but_for_case(word, each); });
}

// A flag that stands for true without a value.
bool takes_truth(const CLI::Option& option) {
    return option.get_type_name().starts_with("BOOLEAN") && option.get_expected_min() == 0;
}

// The reference's page says `python sample.py …`, and its dataset's `Mapperator.ConsoleApp.exe dataset …`.
void drop_launcher(std::vector<std::string>& words) {
    const std::string first = lower(std::filesystem::path(words[0]).filename().string());
    if (first == "torchrun")
        fail(Hint{"several processes: mpirun -np N osu-diffusion train …; one: osu-diffusion train …"},
             "torchrun starts programs in Python, and this is none");
    if (first == "python" || first == "python3" || first == "mapperator.consoleapp.exe")
        words.erase(words.begin());
    if (!words.empty() && words[0].ends_with(".py")) words[0].resize(words[0].size() - 3);
}

// Also a link that leads nowhere: what is wrong with it is told where it is read.
bool is_there(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

// Puts a verb in front, or help's flag behind.
void find_verb(const CLI::App& app, std::vector<std::string>& words) {
    if (!words.empty()) drop_launcher(words);
    if (words.empty()) words.emplace_back("--help");
    if (words[0] == "help") {
        words.erase(words.begin());
        words.emplace_back("--help");
    }
    const std::string& first = words[0];
    if (first.starts_with('-')) {
        if (!is_known(app, first.substr(0, first.find('=')))) words.insert(words.begin(), "sample");
        return;
    }
    if (verb_named(app, first)) {
        if (words.size() == 2 && words[1] == "help") words[1] = "--help";
        return;
    }
    const std::string extension = lower_extension(first);
    if (extension == ".osu" || is_archive(first) || is_there(first)) {
        words.insert(words.begin(), "sample");
        return;
    }
    const std::vector<std::string> verbs = verb_names(app);
    fail(suggestion(nearest_names(first, verbs), "the verbs are " + listed(verbs)), "there is no verb {}",
         first);
}

[[noreturn]] void fail_unknown(const CLI::App& verb, const std::string& flag) {
    const std::string& name = verb.get_name();
    if (flag == "--nproc-per-node")
        fail(Hint{"mpirun -np N osu-diffusion train … runs N processes"}, "{} has no {}, which is torchrun's",
             name, flag);
    fail(suggestion(nearest_names(flag, flag_names(verb)),
                    std::string(program) + " " + name + " --help lists every flag"),
         "{} has no flag {}", name, flag);
}

// One word that begins with two hyphens, as the verb knows it; `next`: the word behind it, or null.
std::string declared_flag(const CLI::App& verb, const std::string& word, const std::string* next) {
    const size_t end = std::min(word.find('='), word.size());
    std::string name = word.substr(0, end), value = word.substr(end);
    if (!is_known(verb, name)) std::replace(name.begin(), name.end(), '_', '-');
    if (!is_known(verb, name) && name.starts_with("--no-") && value.empty()) {
        const CLI::Option* option = verb.get_option_no_throw("--" + name.substr(5));
        if (option && (takes_truth(*option) || option->get_expected_max() == 0))
            return "--" + name.substr(5) + "=false";
    }
    const CLI::Option* option = verb.get_option_no_throw(name);
    if (!option) fail_unknown(verb, name);
    // CLI11 would take the file behind it for its value.
    if (value.empty() && takes_truth(*option) && !(next && is_truth(*next))) value = "=true";
    return name + value;
}

// And runs the verb.
void parse(CLI::App& app, const std::vector<std::string>& words) {
    try {
        std::vector<std::string> backwards(words.rbegin(), words.rend());  // as CLI11 wants them
        app.parse(std::move(backwards));
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) throw;  // help
        fail_as_typed(app, verb_named(app, words[0]), words, error);
    }
}

// Whether --json is among the words, and prints one object.
bool wants_json(const CLI::App& app, const std::vector<std::string>& words) {
    const auto end = std::find(words.begin(), words.end(), "--");
    if (std::find(words.begin(), end, "--json") == end) return false;
    const CLI::App* verb = words.empty() ? nullptr : verb_named(app, words[0]);
    if (!verb) verb = verb_named(app, "sample");
    const CLI::Option* option = verb ? verb->get_option_no_throw("--json") : nullptr;
    return option && option->get_expected_max() == 0;
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view typed, const std::vector<std::string>& names) {
    const size_t most = std::max<size_t>(2, typed.size() / 4);
    std::vector<std::pair<size_t, std::string>> near;
    for (const std::string& name : names) {
        const size_t distance = edit_distance(typed, name);
        const bool begins = typed.size() > 3 && name.starts_with(typed);
        if (distance <= most || begins) near.emplace_back(begins ? std::min(distance, most) : distance, name);
    }
    std::stable_sort(near.begin(), near.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> result;
    result.reserve(near.size());
    for (const auto& [distance, name] : near) result.push_back(name);
    return result;
}

std::vector<std::string> as_declared(const CLI::App& app, std::vector<std::string> words) {
    find_verb(app, words);
    const CLI::App* verb = verb_named(app, words[0]);
    if (!verb) return words;
    for (size_t i = 1; i < words.size() && words[i] != "--"; ++i)
        if (words[i].starts_with("--"))
            words[i] = declared_flag(*verb, words[i], i + 1 < words.size() ? &words[i + 1] : nullptr);
    return words;
}

void run_command_line(CLI::App& app, std::vector<std::string> words) {
    const std::vector<std::string> typed = words;
    try {
        words = as_declared(app, std::move(words));
        parse(app, words);
    } catch (const ToldInJson&) {
        throw;
    } catch (const Error& error) {
        if (wants_json(app, typed)) print_json(json_of(error));
        throw;
    }
}

}  // namespace osu
