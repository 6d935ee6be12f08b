// Why a request is refused: an Error with the status of HTTP that says whose mistake it is.
#pragma once

#include <utility>

#include "base/error.h"

namespace osu::studio {

class Refusal : public Error {
  public:
    Refusal(int status, const std::string& message, std::string hint = {})
        : Error(message, std::move(hint)), status_(status) {}
    int status() const { return status_; }

  private:
    int status_;
};

constexpr int not_found = 404, conflict = 409, too_large = 413, too_many = 429, no_room = 507;

template <class... Args>
[[noreturn]] void refuse(int status, Hint hint, fmt::format_string<Args...> message, Args&&... args) {
    throw Refusal(status, fmt::format(message, std::forward<Args>(args)...), std::move(hint.text));
}

}  // namespace osu::studio
