// The passes that watch a case run again after it has been measured: profile, power, kernels, counters.
//
// They lead through other people's libraries and may end the process. So before each the parent gets the record as it
// is: what was measured stays, and what is missing has a reason.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/measure/verdict.h"
#include "reports/record.h"

namespace attnscope::harness::worker {

struct Pass {
  std::string stage;
  std::function<void()> run;
};

// Runs the passes in their order, those behind one that throws included. Returns `measured` with what went wrong.
measure::Verdict observe(const std::vector<Pass>& passes, measure::Verdict measured, const reports::Record& record);

// The verdict on a case whose time is known although it was not watched to the end.
measure::Verdict not_observed(measure::Verdict measured, const std::string& reason);

// Gives every figure of those passes that the record lacks this reason for it. `profile`: it was asked for.
void fill_unobserved(const std::string& reason, bool profile, reports::Record& record);

}  // namespace attnscope::harness::worker
