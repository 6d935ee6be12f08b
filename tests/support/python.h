// Python, where it is installed: the other half of what we say about its formats.
#pragma once

#include <string>

namespace osu::test {

bool python_has(const std::string& module);

// Runs a program of Python with one argument; its standard output and error. A failure's output begins with
// "exit".
std::string run_python(const std::string& program, const std::string& argument);

}  // namespace osu::test

#define PYTHON_OR_SKIP(module) \
    if (!::osu::test::python_has(module)) GTEST_SKIP() << "Python with " << (module) << " is absent"
