// Where a session writes down what happens to it, record by record; read again, they give the session back.
// The fronts bring one: a file that is synced, a database of the browser, memory in a test.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace osu::studio {

class Journal {
  public:
    virtual ~Journal() = default;
    virtual std::vector<std::string> read() = 0;  // all records, the oldest first
    // Kept when it returns, whatever happens then. `record`: one line. Error where it cannot be kept.
    virtual void append(std::string_view record) = 0;
};

}  // namespace osu::studio
