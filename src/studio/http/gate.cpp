#include "studio/http/gate.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "base/text.h"
#include "beatmap/numbers.h"

namespace osu::studio {

namespace {

// An IP address is nobody's to point elsewhere, a name is.
bool is_address(const std::string& name) {
    if (name.starts_with('['))
        return name.find_first_not_of("[]:.0123456789abcdefABCDEF") == std::string::npos;
    return !name.empty() && name.find_first_not_of(".0123456789") == std::string::npos;
}

std::string bracketed(const std::string& host) {
    return host.find(':') != std::string::npos && !host.starts_with('[') ? "[" + host + "]" : host;
}

}  // namespace

std::string random_token() {
    std::random_device random;
    return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

Gate::Gate(std::string token, const std::string& host, int port)
    : token_(token.empty() ? random_token() : std::move(token)), host_(bracketed(host)), port_(port) {
    any_address_ = host == "0.0.0.0" || host == "::";
    names_ = {"127.0.0.1", "localhost", "[::1]"};
    if (!any_address_) names_.push_back(host_);
}

std::string Gate::origin() const {
    return fmt::format("http://{}:{}", any_address_ ? "127.0.0.1" : host_, port_);
}

std::string Gate::address() const {
    return origin() + "/?token=" + token_;
}

std::string Gate::cookie_name() const {
    return fmt::format("osu_studio_{}", port_);  // cookies know no ports
}

std::string Gate::cookie_header() const {
    return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", cookie_name(), token_);
}

bool Gate::knows_host(const std::string& header) const {
    const std::string end = fmt::format(":{}", port_);
    std::string name = header;
    if (name.ends_with(end))
        name.resize(name.size() - end.size());
    else if (port_ != 80)
        return false;
    if (any_address_ && is_address(name)) return true;
    return std::any_of(names_.begin(), names_.end(),
                       [&](const std::string& known) { return equal_but_for_case(name, known); });
}

bool Gate::knows_origin(const std::string& header, const std::string& host) const {
    return header.empty() || equal_but_for_case(header, "http://" + host);
}

bool Gate::is_token(const std::string& given) const {
    unsigned difference = given.size() == token_.size() ? 0 : 1;
    for (size_t i = 0; i < token_.size(); ++i)
        difference |= static_cast<unsigned char>(token_[i]) ^
                      static_cast<unsigned char>(i < given.size() ? given[i] : 0);
    return difference == 0;
}

bool Gate::is_let_in(const std::string& query_token, const std::string& cookies,
                     const std::string& authorization) const {
    if (!query_token.empty() && is_token(query_token)) return true;
    constexpr std::string_view bearer = "Bearer ";
    if (authorization.starts_with(bearer) && is_token(authorization.substr(bearer.size()))) return true;
    Fields fields(cookies, ';');
    const std::string name = cookie_name() + "=";
    for (std::string_view cookie; fields.next(cookie);) {
        cookie = trim(cookie);
        if (cookie.starts_with(name) && is_token(std::string(cookie.substr(name.size())))) return true;
    }
    return false;
}

}  // namespace osu::studio
