// Which variant to use at one length, device and memory budget: all of them ranked by time, each figure with its
// origin.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/record.h"
#include "reports/statistics.h"

namespace attnscope::reports {

// Where a time comes from, the most trustworthy first.
enum class TimeSource {
  measured,      // this very case
  interpolated,  // between two measured lengths, linear in log time over log n
  variant_rate,  // predicted FLOPs at the rate that this variant reached in the nearest measured case
  ceiling,       // predicted FLOPs and bytes at the machine's measured ceilings: a lower bound
  fastest_rate,  // predicted FLOPs at the highest rate of any measured case: roughly a lower bound
  unknown,       // nothing was measured on that device
};
std::string_view to_string(TimeSource source);
// True for `ceiling` and `fastest_rate`: the real time is longer.
bool is_lower_bound(TimeSource source);

// One variant at the asked point.
struct Candidate {
  Record forecast;                   // axes, status (unsupported with its reason) and, when it can run, the prediction
  std::int64_t arguments_bytes = 0;  // inputs and parameters, which peak_memory leaves out
};

struct Recommendation {
  Record record;  // the forecast, or the measured record where there is one
  std::optional<double> time_ns;
  std::optional<Interval> time_interval;  // 95 %, of a measured time
  TimeSource source = TimeSource::unknown;
  std::string basis;              // "between n = 1k and n = 2k", "41.2 GFLOP/s at n = 4k"
  std::int64_t memory_bytes = 0;  // peak memory with inputs and parameters
  bool memory_measured = false;   // else predicted; both are exact to the byte
};

struct Exclusion {
  std::string variant, params;
  std::string reason;  // "needs 4.1 GiB", "causal: …"
};

struct Advice {
  std::vector<Recommendation> ranked;  // fastest first; lower bounds after every other time, unknown times last
  std::vector<Exclusion> excluded;
};

// `measured` may hold anything; only records of the candidates' device and dtype are used, and those with the
// candidate's variant first. Without a budget nothing is excluded for its memory.
Advice advise(std::span<const Candidate> candidates, std::span<const Record> measured,
              std::optional<std::int64_t> memory_budget_bytes);

}  // namespace attnscope::reports
