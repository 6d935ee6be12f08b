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
        facts_.emplace_back(name, printable(fmt::format(text, std::forward<Args>(args)...)));
    }

    void print() const {
        for (const auto& [name, text] : facts_) fmt::print("{:<13} {}\n", name, text);
    }

    // Strings by name; a list of them where the fact has several lines.
    nlohmann::json json() const {
        nlohmann::json object = nlohmann::json::object();
        std::string name;
        for (const auto& [own, text] : facts_) {
            if (!own.empty()) name = own;
            nlohmann::json& value = object[name];
            if (value.is_null())
                value = text;
            else if (value.is_string())
                value = nlohmann::json{value, text};
            else
                value.push_back(text);
        }
        return object;
    }

  private:
    std::vector<std::pair<std::string, std::string>> facts_;
};

}  // namespace osu
