#include "support/launched_program.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

namespace osu::test {

namespace fs = std::filesystem;

namespace {

// The value that a process has for a variable of its environment.
int number_in_environment(pid_t process, const std::string& variable) {
    std::ifstream file("/proc/" + std::to_string(process) + "/environ");
    for (std::string entry; std::getline(file, entry, '\0');)
        if (entry.starts_with(variable + "=")) return std::atoi(entry.c_str() + variable.size() + 1);
    return -1;
}

pid_t parent_of(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("PPid:")) return std::atoi(line.c_str() + 5);
    return -1;
}

void become(int ranks, const std::string& program, const std::vector<std::string>& arguments,
            const fs::path& output) {
    const int file = open(output.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // MPI keeps some
    setenv("OMP_WAIT_POLICY", "passive", 1);
    std::vector<std::string> line{"mpirun", "--oversubscribe",     "--bind-to", "none",
                                  "-np",    std::to_string(ranks), program};
    line.insert(line.end(), arguments.begin(), arguments.end());
    std::vector<char*> words;
    for (std::string& word : line) words.push_back(word.data());
    words.push_back(nullptr);
    execvp(words[0], words.data());
    _exit(127);
}

}  // namespace

const char* program_path() {
    return OSU_PROGRAM;
}

const char* failing_calls_path() {
#ifdef OSU_FAILING_CALLS
    return OSU_FAILING_CALLS;
#else
    return "";
#endif
}

bool can_launch() {
    return fs::exists(fs::path(OSU_PROGRAM).parent_path() / "osu-diffusion-mpi.so") &&
           std::system("mpirun --version >/dev/null 2>&1") == 0;
}

LaunchedProgram::LaunchedProgram(int ranks, const std::vector<std::string>& arguments, fs::path output,
                                 const std::string& program)
    : output_(std::move(output)), process_(fork()) {
    if (process_ == 0) become(ranks, program, arguments, output_);
}

LaunchedProgram::~LaunchedProgram() {
    if (!runs()) return;
    const std::vector<pid_t> left = ranks();
    kill(process_, SIGKILL);
    for (const pid_t rank : left) kill(rank, SIGKILL);
    wait();
}

bool LaunchedProgram::runs() {
    if (!ended_) ended_ = waitpid(process_, &status_, WNOHANG) == process_;
    return !ended_;
}

int LaunchedProgram::wait() {
    if (!ended_) ended_ = waitpid(process_, &status_, 0) == process_;
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

std::vector<pid_t> LaunchedProgram::ranks() const {
    std::vector<pid_t> children;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const pid_t process = std::atoi(entry.path().filename().c_str());
        if (process > 0 && parent_of(process) == process_) children.push_back(process);
    }
    std::sort(children.begin(), children.end(), [](pid_t a, pid_t b) {
        return number_in_environment(a, "OMPI_COMM_WORLD_RANK") <
               number_in_environment(b, "OMPI_COMM_WORLD_RANK");
    });
    return children;
}

std::string LaunchedProgram::printed() const {
    return read_file(output_);
}

}  // namespace osu::test
