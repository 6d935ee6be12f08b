#include "support/python.h"

#include <cstdio>

namespace osu::test {

namespace {

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (char letter : text) out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    return out + "'";
}

}  // namespace

std::string run_python(const std::string& program, const std::string& argument) {
    const std::string command = "/usr/bin/python3 -c " + quoted(program) + " " + quoted(argument) + " 2>&1";
    FILE* const pipe = ::popen(command.c_str(), "r");
    if (!pipe) return "exit: no shell";
    std::string output;
    char buffer[4096];
    while (const size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, count);
    return ::pclose(pipe) == 0 ? output : "exit: " + output;
}

bool python_has(const std::string& module) {
    return run_python("import " + module, "").rfind("exit", 0) != 0;
}

}  // namespace osu::test
