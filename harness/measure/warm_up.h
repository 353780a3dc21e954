// Runs before the first sample: until the times stop falling, or as many as asked.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace attnscope::harness::measure {

// Both empty: until steady.
struct WarmUpPlan {
  std::optional<std::int64_t> runs;
  std::optional<double> time_s;

  bool operator==(const WarmUpPlan&) const = default;
};
// "auto", a number of runs ("10"), or a time ("0.5s", "200ms"). Throws UsageError.
WarmUpPlan parse_warm_up(const std::string& text);
std::string to_text(const WarmUpPlan& plan);

struct WarmUp {
  std::int64_t runs = 0;
  double typical_ns = 0;  // median of the later half of the runs
  std::string end;        // "steady after 12 runs: …", or what else ended it
};

// `run` returns its own duration in ns. As many runs as the plan asks for; without a plan until the times are steady:
// the later half of the runs shows no significant downward trend (5 %, Mann–Kendall over the medians of its blocks).
// A run that would end beyond the plan's time, or without a plan beyond `limit_ns`, is not started, but for the first.
WarmUp warm_up(const std::function<double()>& run, const WarmUpPlan& plan, double limit_ns);

}  // namespace attnscope::harness::measure
