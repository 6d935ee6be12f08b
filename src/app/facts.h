// What `inspect` says of a file: facts by name, printed a line each or as one JSON object.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace osu {

class Facts {
  public:
    // A fact of an empty name goes on with the one before.
    template <class... Args>
    void add(std::string_view name, fmt::format_string<Args...> text, Args&&... args) {
        facts_.push_back({std::string(name), printable(fmt::format(text, std::forward<Args>(args)...)), {}});
    }
    // `value`: what programs get for the text, and for all that goes on with it.
    template <class... Args>
    void add_value(std::string_view name, nlohmann::json value, fmt::format_string<Args...> text,
                   Args&&... args) {
        add(name, text, std::forward<Args>(args)...);
        facts_.back().value = std::move(value);
    }
    // A number that is printed as it is.
    template <class Number>
    void add_number(std::string_view name, Number number) {
        add_value(name, number, "{}", number);
    }

    void print() const {
        for (const Fact& fact : facts_) fmt::print("{:<13} {}\n", fact.name, fact.text);
    }

    // Values by name, else strings; a list where a name comes again.
    nlohmann::json json() const {
        nlohmann::json object = nlohmann::json::object();
        bool has_value = false;
        for (const Fact& fact : facts_) {
            if (fact.name.empty() && has_value) continue;
            has_value = !fact.value.is_null();
            const std::string& name = fact.name.empty() ? last_named(fact) : fact.name;
            nlohmann::json& said = object[name];
            const nlohmann::json one = has_value ? fact.value : nlohmann::json(fact.text);
            if (said.is_null())
                said = one;
            else if (said.is_array())
                said.push_back(one);
            else
                said = nlohmann::json::array({said, one});
        }
        return object;
    }

  private:
    struct Fact {
        std::string name, text;
        nlohmann::json value;  // null where the text says it
    };
    std::vector<Fact> facts_;

    const std::string& last_named(const Fact& fact) const {
        const Fact* named = &fact;
        while (named > facts_.data() && named->name.empty()) --named;
        return named->name;
    }
};

}  // namespace osu
