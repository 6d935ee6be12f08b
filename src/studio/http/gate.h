// Who may speak to the server: the one who was given its token, and no page of another site that knows its
// address. The browser gets the token once, in the first address, and keeps it as a cookie; other programs
// send it with every request.
#pragma once

#include <string>
#include <vector>

namespace osu::studio {

class Gate {
  public:
    // `host`: the name or address that the server listens on. An empty token makes one up.
    Gate(std::string token, const std::string& host, int port);

    const std::string& token() const { return token_; }
    int port() const { return port_; }
    std::string address() const;        // http://127.0.0.1:8080/?token=…
    std::string origin() const;         // http://127.0.0.1:8080
    std::string cookie_header() const;  // Set-Cookie

    // The Host header is one of the server's own names: no other name was made to lead here.
    bool knows_host(const std::string& header) const;
    // The Origin header is empty, or the page's own.
    bool knows_origin(const std::string& header, const std::string& host) const;
    // The token is right, in whichever of these it comes.
    bool is_let_in(const std::string& query_token, const std::string& cookies,
                   const std::string& authorization) const;
    bool is_token(const std::string& given) const;  // in the same time, wherever they differ

  private:
    std::string token_, host_;
    int port_;
    std::vector<std::string> names_;
    bool any_address_ = false;  // listens on all of the machine's addresses
    std::string cookie_name() const;
};

// 128 random bits in hexadecimal.
std::string random_token();

}  // namespace osu::studio
