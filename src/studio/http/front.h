// What is answered to whom over HTTP: who is let in, the page's files, the Api with what needs the disk
// beside it, events as they happen.
#pragma once

#include <string>

#include <httplib.h>

#include "studio/api.h"
#include "studio/http/event_hub.h"
#include "studio/http/gate.h"
#include "studio/http/library.h"

namespace osu::studio {

class Front {
  public:
    struct Parts {
        const Gate& gate;
        Api& api;
        Library& library;
        EventHub& hub;
        size_t body_limit;        // bytes; larger ones are refused before they are read
        std::string page_folder;  // empty: the page that is in the program
    };
    explicit Front(Parts parts) : parts_(std::move(parts)) {}

    void answer(httplib::Server& http);  // sets its routes; this must outlive it

  private:
    const Parts parts_;

    httplib::Server::HandlerResponse admit(const httplib::Request& request,
                                           httplib::Response& response) const;
    void serve_page(const httplib::Request& request, httplib::Response& response) const;
    void serve_api(const httplib::Request& request, httplib::Response& response) const;
    void serve_events(const std::string& session, httplib::Response& response) const;
    Response disk_route(const Request& request) const;
    nlohmann::json save(const std::string& session, const std::string& version) const;
};

}  // namespace osu::studio
