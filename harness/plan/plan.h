// From a request to the list of cases, in the order in which they run. Every planned case yields one record; those that
// cannot or shall not run carry their final status already.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/plan/case.h"
#include "harness/plan/preset.h"
#include "harness/plan/sweep.h"
#include "reports/record.h"

namespace attnscope::harness::plan {

enum class Order { plan, cost, random };
// Throws UsageError.
Order parse_order(const std::string& text);

struct Request {
  std::vector<Sweep> sweeps;
  Shard shard;
  std::uint64_t seed = 1;
};

struct PlannedCase {
  Case c;
  std::optional<reports::Status> status;  // unsupported or excluded: nothing is run
  std::string reason;
};

// Throws UsageError and NothingMatched (nothing left to run or to report).
std::vector<PlannedCase> make_plan(const Request& request);

}  // namespace attnscope::harness::plan
