// Runs the program's command line inside the test.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include "app/command_line.h"
#include "app/verbs.h"
#include "base/error.h"

namespace osu::test {

struct CommandResult {
    std::string output, warnings;  // standard output, standard error
    std::string error, hint;       // what the Error said, empty when there was none
};

inline CommandResult run_command(std::vector<std::string> arguments) {
    CLI::App app;
    declare_command_line(app);
    CommandResult result;
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    try {
        run_command_line(app, std::move(arguments));
    } catch (const Error& error) {
        result.error = error.what();
        result.hint = error.hint();
    } catch (const CLI::Error& error) {
        result.error = error.what();
    }
    std::fflush(stdout);
    result.output = ::testing::internal::GetCapturedStdout();
    result.warnings = ::testing::internal::GetCapturedStderr();
    return result;
}

}  // namespace osu::test
