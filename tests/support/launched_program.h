// Runs the built program under mpirun, as a user does.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace osu::test {

const char* program_path();        // of osu-diffusion
const char* failing_calls_path();  // of the library that lets calls fail; empty where there is none
bool can_launch();                 // mpirun is there, and the program was built with MPI

class LaunchedProgram {
  public:
    // mpirun -np RANKS osu-diffusion ARGUMENTS, or another program; what it prints goes to the file `output`.
    LaunchedProgram(int ranks, const std::vector<std::string>& arguments, std::filesystem::path output,
                    const std::string& program = program_path());
    ~LaunchedProgram();  // kills what still runs
    LaunchedProgram(const LaunchedProgram&) = delete;
    LaunchedProgram& operator=(const LaunchedProgram&) = delete;

    int wait();  // the exit status, −1 for a signal
    bool runs();
    std::vector<pid_t> ranks() const;  // their processes, by rank
    std::string printed() const;

  private:
    const std::filesystem::path output_;
    pid_t process_ = -1;
    int status_ = 0;
    bool ended_ = false;
};

}  // namespace osu::test
