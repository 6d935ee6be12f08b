// The one error a user meets: what went wrong, and what to do about it.
// Thrown by fail(…), caught once in main, printed as `error: …` and `hint: …`, exit status 1.
// Mistakes of the programmer are asserts, bad lines of a map are counted warnings: neither is an Error.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/core.h>

namespace osu {

class Error : public std::runtime_error {
  public:
    explicit Error(const std::string& message, std::string hint = {})
        : std::runtime_error(message), hint_(std::move(hint)) {}
    const std::string& hint() const { return hint_; }

  private:
    std::string hint_;
};

// What the user can do about it: the second line of an error.
struct Hint {
    std::string text;
};

template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> message, Args&&... args) {
    throw Error(fmt::format(message, std::forward<Args>(args)...));
}

template <class... Args>
[[noreturn]] void fail(Hint hint, fmt::format_string<Args...> message, Args&&... args) {
    throw Error(fmt::format(message, std::forward<Args>(args)...), std::move(hint.text));
}

}  // namespace osu
