// Several programs measured in turns: what disturbs the machine for longer than one turn disturbs all of them alike.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/device/environment.h"
#include "harness/measure/settings.h"
#include "harness/plan/plan.h"
#include "reports/record.h"

namespace attnscope::harness::live {

// Who runs when, round by round. Random cyclic Latin squares (as nanobench): in each block of as many rounds as there
// are programs, every program runs once at every place. For two this is ABBA or BAAB, which cancels a steady drift.
std::vector<std::vector<std::size_t>> turns(std::size_t programs, std::size_t rounds, std::uint64_t seed);

struct Options {
  std::size_t rounds = 10;
  measure::Settings settings;
  double timeout_s = 600;
};

// records[program][round] of one case, one process each; the first of each program validates. Ends early at a record
// that holds no measurement, or when this process is asked to stop.
std::vector<std::vector<reports::Record>> measure_in_turns(std::span<const std::string> programs,
                                                           const plan::PlannedCase& planned, const Options& options);

// The machine and build that a program reports of itself. Throws UsageError when it is no attnscope that answers.
reports::Environment environment_of(const std::string& program, const device::Invocation& invocation);

}  // namespace attnscope::harness::live
