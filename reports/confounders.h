// What a change of time may come from other than the program: the clock, and a machine that drifts.
#pragma once

#include <optional>
#include <string>

#include "reports/record.h"

namespace attnscope::reports {

struct Confounder {
  std::string reason;
  double factor;  // times the ratio of times: the ratio without it
};

// The one that explains most of `time_ratio` (other / base), if any does:
// - the clock: the ratio in clock cycles (cycles_median, else time · clock_mean_hz) lies nearer to 1;
// - drift: the reference case has changed by more than 5 % since its run began.
// A verdict must hold with and without it.
std::optional<Confounder> find_confounder(const Record& base, const Record& other, double time_ratio);

}  // namespace attnscope::reports
