// SIGINT and SIGTERM as a request: work finishes its step and saves. A second signal ends the program at
// once.
#pragma once

namespace osu {

class StopSignal {
  public:
    StopSignal();   // takes the two signals
    ~StopSignal();  // gives them back
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;
    bool requested() const;
};

}  // namespace osu
