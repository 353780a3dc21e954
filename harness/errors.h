// Errors that end the program with a chosen exit code. Every text says what was given, what was expected and what to
// do.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace attnscope::harness {

enum class ExitCode {
  ok = 0,
  verification_failed = 1,
  usage = 2,
  cases_failed = 3,  // wrong, crashed, timed out or unexpectedly out of memory
  inconclusive = 4,
  environment_unfit = 5,
  nothing_matched = 6,
  interrupted = 130,
  terminated = 143,
};

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct NothingMatched : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The machine, or the machine of a file, is not fit for what was asked (exit code 5).
struct EnvironmentUnfit : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// "unknown axis 'nn'; did you mean 'n'? Known: n, batch, …"
UsageError unknown_name(std::string_view kind, std::string_view given, std::span<const std::string> known);

}  // namespace attnscope::harness
