// SIGINT, SIGTERM, SIGHUP (of a terminal that goes away; unless it is ignored, as under nohup) and SIGUSR1
// (which mpirun passes on to its processes without killing them soon after) as a request: work finishes its
// step and saves. A second signal ends the program at once.
#pragma once

namespace osu {

class StopSignal {
  public:
    StopSignal();   // takes the signals
    ~StopSignal();  // gives them back
    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;
    bool requested() const;
};

}  // namespace osu
