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
  // Rounds after which the caller may have seen enough, ascending; the last are all.
  std::vector<std::size_t> looks{10};
  measure::Settings settings;
  double timeout_s = 600;
};

// 10, 20, 40, … and `most`: each look doubles what is known.
std::vector<std::size_t> doubling_looks(std::size_t most);

using Rounds = std::vector<std::vector<reports::Record>>;  // [program][round], one process each

// The rounds of one case; the first process of each program validates. Ends early when a look finds `enough`, at a
// record that holds no measurement, or when this process is asked to stop.
Rounds measure_in_turns(std::span<const std::string> programs, const plan::PlannedCase& planned, const Options& options,
                        const std::function<bool(const Rounds&)>& enough = {});

// The machine and build that a program reports of itself. Throws UsageError when it is no attnscope that answers.
reports::Environment environment_of(const std::string& program, const device::Invocation& invocation);

}  // namespace attnscope::harness::live
