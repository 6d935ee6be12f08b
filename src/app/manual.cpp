#include "app/manual.h"

#include <algorithm>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"

namespace osu {

namespace {

constexpr const char* program = "osu-diffusion";

struct Flag {
    std::vector<std::string> names;  // "--seed", "-s"
    std::string value, help;         // what it takes, empty for nothing
    std::vector<std::string> choices;
    bool required = false;
    bool truth = false;  // --no-FLAG says the opposite
    std::string preset;

    std::vector<std::string> no_names() const {
        std::vector<std::string> no;
        for (const std::string& name : names)
            if (truth && name.starts_with("--")) no.push_back("--no-" + name.substr(2));
        return no;
    }
};

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
    std::vector<const CLI::App*> verbs;
    for (const CLI::App* verb :
         app.get_subcommands([](const CLI::App* each) { return !each->get_group().empty(); }))
        verbs.push_back(verb);
    return verbs;
}

// "{a,b,c}" within the name of a type.
std::vector<std::string> choices_in(const std::string& type) {
    const size_t begin = type.find('{'), end = type.find('}', begin);
    if (begin == std::string::npos || end == std::string::npos) return {};
    std::vector<std::string> choices;
    std::string choice;
    for (size_t i = begin + 1; i <= end; ++i)
        if (type[i] == ',' || type[i] == '}') {
            choices.push_back(choice.substr(0, choice.find("->")));
            choice.clear();
        } else {
            choice += type[i];
        }
    return choices;
}

std::vector<Flag> flags_of(const CLI::App& verb) {
    std::vector<Flag> flags;
    for (const CLI::Option* option :
         verb.get_options([](const CLI::Option* each) { return !each->get_group().empty(); })) {
        Flag flag;
        for (const std::string& name : option->get_lnames()) flag.names.push_back("--" + name);
        for (const std::string& name : option->get_snames()) flag.names.push_back("-" + name);
        if (flag.names.empty()) continue;
        if (option->get_type_size() != 0) flag.value = option->get_type_name();
        flag.choices = choices_in(flag.value);
        flag.help = option->get_description();
        flag.required = option->get_required();
        flag.truth = flag.value.starts_with("BOOLEAN") && option->get_expected_min() == 0;
        flag.preset = option->get_default_str();
        flags.push_back(flag);
    }
    return flags;
}

// "MAP ...", of what stands without a flag, in roff.
std::string arguments_of(const CLI::App& verb) {
    std::string text;
    for (const CLI::Option* option : verb.get_options()) {
        if (!option->get_positional()) continue;
        std::string name = option->get_type_name();
        if (name.starts_with("TEXT")) {
            name = option->get_name(true);
            std::transform(name.begin(), name.end(), name.begin(), [](char c) {
                return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            });
        }
        const bool needed = option->get_required(), many = option->get_expected_max() > 1;
        text +=
            fmt::format("{}\\fI{}\\fR{}{}\n", needed ? "" : "[", name, many ? " ..." : "", needed ? "" : "]");
    }
    return text;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
    return fmt::format("{}", fmt::join(words, between));
}

// Text that roff takes for nothing else.
std::string roff(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '\\')
            escaped += "\\e";
        else if (c == '-')
            escaped += "\\-";
        else if (c == '\n')
            escaped += "\n.br\n";
        else
            escaped += c;
    }
    if (escaped.starts_with('.') || escaped.starts_with('\'')) escaped.insert(0, "\\&");
    return escaped;
}

// Text between single quotes of a shell.
std::string shell_quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

std::string bash_completion(const CLI::App& app) {
    std::vector<std::string> names;
    std::string flags, values;
    for (const CLI::App* verb : verbs_of(app)) {
        names.push_back(verb->get_name());
        std::vector<std::string> all;
        for (const Flag& flag : flags_of(*verb)) {
            all.insert(all.end(), flag.names.begin(), flag.names.end());
            const std::vector<std::string> no = flag.no_names();
            all.insert(all.end(), no.begin(), no.end());
            std::vector<std::string> patterns;
            for (const std::string& name : flag.names) patterns.push_back(verb->get_name() + " " + name);
            for (std::string& pattern : patterns) pattern = shell_quoted(pattern);
            if (!flag.choices.empty())
                values += fmt::format("        {}) words={} ;;\n", joined(patterns, " | "),
                                      shell_quoted(joined(flag.choices, " ")));
            else if (!flag.value.empty())
                values += fmt::format("        {}) return ;;\n", joined(patterns, " | "));
        }
        flags += fmt::format("        {}) words={} ;;\n", verb->get_name(), shell_quoted(joined(all, " ")));
    }
    // Readline takes "--sampler=d" for three words. A command line without a verb is one of sample.
    return fmt::format(R"(# bash completion for {0}
_osu_diffusion() {{
    local at=$COMP_CWORD word=${{COMP_WORDS[COMP_CWORD]}} verb=${{COMP_WORDS[1]}} verbs={1} words= before
    COMPREPLY=()
    if [ "$word" = = ]; then
        word=
    elif [ "${{COMP_WORDS[at-1]}}" = = ]; then
        at=$((at-1))
    fi
    before=${{COMP_WORDS[at-1]}}
    if [[ $COMP_CWORD -eq 1 && $word != -* || $COMP_CWORD -eq 2 && $verb = help ]]; then
        COMPREPLY=($(compgen -W "$verbs" -- "$word"))
        return
    fi
    [[ " $verbs " == *" $verb "* ]] || verb=sample
    case "$verb $before" in
{2}    esac
    [ -n "$words" ] || case $verb in
{3}    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _osu_diffusion {0}
)",
                       program, shell_quoted(joined(names, " ") + " help"), values, flags);
}

std::string zsh_completion(const CLI::App& app) {
    const auto plain = [](std::string text) {  // what _arguments gives a meaning to
        for (const char c : {'[', ']', ':', '\''})
            std::replace(text.begin(), text.end(), c, c == ':' ? ',' : ' ');
        return text;
    };
    std::string verbs, cases;
    for (const CLI::App* verb : verbs_of(app)) {
        verbs += fmt::format("        {}\n",
                             shell_quoted(verb->get_name() + ":" + plain(verb->get_description())));
        cases += fmt::format("        {}) _arguments \\\n", verb->get_name());
        for (const Flag& flag : flags_of(*verb))
            for (const std::string& name : flag.names) {
                const std::string values =
                    flag.choices.empty() ? "_files" : "(" + joined(flag.choices, " ") + ")";
                // With '=' it takes its value behind one, or as the next word.
                const std::string equals = !flag.value.empty() && name.starts_with("--") ? "=" : "";
                const std::string value =
                    flag.value.empty() ? "" : (flag.truth ? "::value:" : ":value:") + values;
                cases += fmt::format("            {} \\\n", shell_quoted("*" + name + equals + "[" +
                                                                         plain(flag.help) + "]" + value));
            }
        for (const Flag& flag : flags_of(*verb))
            for (const std::string& name : flag.no_names())
                cases += fmt::format("            {} \\\n", shell_quoted("*" + name));
        cases += "            '*:file:_files' ;;\n";
    }
    return fmt::format(R"(#compdef {0}
_osu_diffusion() {{
    local -a verbs
    verbs=(
{1}    )
    if (( CURRENT == 2 )) && [[ ${{words[2]}} != -* ]]; then
        _describe verb verbs
        _files
        return
    fi
    local verb=${{words[2]}}
    if [[ $verb == help ]]; then
        _describe verb verbs
        return
    elif (( ${{verbs[(I)$verb:*]}} )); then
        shift words
        (( CURRENT-- ))
    else
        verb=sample
    fi
    case $verb in
{2}    esac
}}
_osu_diffusion "$@"
)",
                       program, verbs, cases);
}

std::string fish_completion(const CLI::App& app) {
    std::string script = fmt::format("# fish completion for {}\n", program);
    std::vector<std::string> names;
    for (const CLI::App* verb : verbs_of(app)) names.push_back(verb->get_name());
    const std::string all = joined(names, " ");
    script += fmt::format("complete -c {} -n '__fish_seen_subcommand_from help' -f -a {}\n", program,
                          shell_quoted(all));
    for (const CLI::App* verb : verbs_of(app)) {
        // Files, too: a map alone is one of sample.
        script += fmt::format("complete -c {} -n __fish_use_subcommand -a {} -d {}\n", program,
                              verb->get_name(), shell_quoted(verb->get_description()));
        const std::string condition =
            verb->get_name() == "sample"
                ? fmt::format(
                      "__fish_seen_subcommand_from sample; or not __fish_seen_subcommand_from {} help", all)
                : "__fish_seen_subcommand_from " + verb->get_name();
        for (const Flag& flag : flags_of(*verb)) {
            for (const std::string& name : flag.no_names())
                script += fmt::format("complete -c {} -n '{}' -l {}\n", program, condition, name.substr(2));
            script += fmt::format("complete -c {} -n '{}'", program, condition);
            for (const std::string& name : flag.names)
                script += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            if (!flag.value.empty()) script += " -r";
            if (!flag.choices.empty()) script += " -f -a " + shell_quoted(joined(flag.choices, " "));
            script += " -d " + shell_quoted(flag.help) + "\n";
        }
    }
    return script;
}

std::string flags_in_roff(const CLI::App& verb) {
    std::string text = ".SH OPTIONS\n";
    for (const Flag& flag : flags_of(verb)) {
        text += ".TP\n\\fB" + roff(joined(flag.names, ", ")) + "\\fR";
        if (!flag.value.empty()) text += " \\fI" + roff(flag.value) + "\\fR";
        text += "\n" + roff(flag.help);
        if (flag.required) text += " (required)";
        if (!flag.preset.empty()) text += " (default: " + roff(flag.preset) + ")";
        text += "\n";
    }
    return text;
}

}  // namespace

std::string man_page(const CLI::App& app, std::string_view verb) {
    const std::vector<const CLI::App*> verbs = verbs_of(app);
    if (verb.empty()) {
        std::string text = fmt::format(
            ".TH OSU\\-DIFFUSION 1\n.SH NAME\nosu\\-diffusion \\- {}\n.SH SYNOPSIS\n.B osu\\-diffusion\n"
            ".I VERB\n[\\fIOPTIONS\\fR]\n.SH VERBS\n",
            roff(app.get_description()));
        for (const CLI::App* each : verbs)
            text += fmt::format(".TP\n.BR {} ; \\~ osu\\-diffusion\\-{} (1)\n{}\n", roff(each->get_name()),
                                roff(each->get_name()), roff(each->get_description()));
        return text + flags_in_roff(app);
    }
    const auto found = std::find_if(verbs.begin(), verbs.end(),
                                    [&](const CLI::App* each) { return each->get_name() == verb; });
    if (found == verbs.end()) fail(Hint{"osu-diffusion --help lists them"}, "there is no verb {}", verb);
    const std::string name = roff((*found)->get_name());
    return fmt::format(
        ".TH OSU\\-DIFFUSION\\-{0} 1\n.SH NAME\nosu\\-diffusion\\-{0} \\- {1}\n.SH SYNOPSIS\n"
        ".B osu\\-diffusion {0}\n[\\fIOPTIONS\\fR]\n{2}{3}.SH SEE ALSO\n.BR osu\\-diffusion (1)\n",
        name, roff((*found)->get_description()), arguments_of(**found), flags_in_roff(**found));
}

std::string shell_completion(const CLI::App& app, std::string_view shell) {
    if (shell == "bash") return bash_completion(app);
    if (shell == "zsh") return zsh_completion(app);
    if (shell == "fish") return fish_completion(app);
    fail(Hint{"known are bash, zsh, fish"}, "there is no completion for {}", shell);
}

}  // namespace osu
