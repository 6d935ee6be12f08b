#include "app/parse_errors.h"

#include <algorithm>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/text.h"

namespace osu {

namespace {

struct TypedFlag {
    std::string name;
    const CLI::Option* option;
};

std::vector<TypedFlag> typed_flags(const CLI::App& verb, const std::vector<std::string>& words) {
    std::vector<TypedFlag> flags;
    for (size_t i = 1; i < words.size() && words[i] != "--"; ++i) {
        const std::string& word = words[i];
        if (word.size() < 2 || word[0] != '-') continue;
        const std::string name = word[1] == '-' ? word.substr(0, word.find('=')) : word.substr(0, 2);
        if (const CLI::Option* option = verb.get_option_no_throw(name)) flags.push_back({name, option});
    }
    return flags;
}

// As it was typed first; as CLI11 calls it where it was not.
std::string typed_name(const std::vector<TypedFlag>& flags, const std::string& name) {
    for (const TypedFlag& flag : flags)
        if (flag.option->get_name() == name) return flag.name;
    return name;
}

[[noreturn]] void fail_excluded(const std::vector<TypedFlag>& flags, const std::string& one,
                                const std::string& other) {
    const auto at = [&](const std::string& name) {
        return std::find_if(flags.begin(), flags.end(),
                            [&](const TypedFlag& flag) { return flag.option->get_name() == name; });
    };
    const bool turned = at(other) < at(one);
    fail(Hint{"give one of them"}, "{} excludes {}", typed_name(flags, turned ? other : one),
         typed_name(flags, turned ? one : other));
}

[[noreturn]] void fail_missing(const CLI::App& verb, const std::string& name, Hint hint) {
    for (const CLI::Option* option : verb.get_options()) {
        if (option->get_name() != name || !option->get_positional()) continue;
        const std::string type = option->get_type_name();
        if (!type.starts_with("TEXT")) fail(std::move(hint), "{} needs a {}", verb.get_name(), lower(type));
    }
    fail(std::move(hint), "{} needs {}", verb.get_name(), name);
}

}  // namespace

void fail_as_typed(const CLI::App& app, const CLI::App* verb, const std::vector<std::string>& words,
                   const CLI::ParseError& error) {
    const std::string message = error.what();
    if (dynamic_cast<const CLI::ExtrasError*>(&error)) {
        std::string left;  // CLI11's message has them backwards
        for (const std::string& word : app.remaining(true)) left += " " + word;
        fail(Hint{"osu-diffusion " + (verb ? verb->get_name() + " " : "") + "--help lists every flag"},
             "not expected:{}", left);
    }
    if (!verb) fail(Hint{"osu-diffusion --help lists the verbs"}, "{}", message);
    const Hint hint{"osu-diffusion " + verb->get_name() + " --help lists every flag"};
    const std::vector<TypedFlag> flags = typed_flags(*verb, words);
    constexpr std::string_view excludes = " excludes ", is_required = " is required", colon = ": ";
    if (const size_t at = message.find(excludes);
        at != message.npos && dynamic_cast<const CLI::ExcludesError*>(&error))
        fail_excluded(flags, message.substr(0, at), message.substr(at + excludes.size()));
    if (dynamic_cast<const CLI::RequiredError*>(&error) && message.ends_with(is_required))
        fail_missing(*verb, message.substr(0, message.size() - is_required.size()), hint);
    const size_t end = message.find(colon);
    if (end == message.npos) fail(hint, "{}", message);
    const std::string name = typed_name(flags, message.substr(0, end));
    if (!dynamic_cast<const CLI::ArgumentMismatch*>(&error)) fail(hint, "{}{}", name, message.substr(end));
    const auto given = std::count_if(flags.begin(), flags.end(), [&](const TypedFlag& flag) {
        return flag.option->get_name() == message.substr(0, end);
    });
    if (given > 1) fail(Hint{"give it once"}, "{} is given {} times", name, given);
    if (message.ends_with("missing")) fail(hint, "{} needs a value", name);
    fail(hint, "{}{}", name, message.substr(end));
}

}  // namespace osu
