// Is a measured time good enough, and if not, what should be changed?
#pragma once

#include <optional>
#include <span>
#include <string>

#include "harness/measure/settings.h"
#include "reports/record.h"

namespace attnscope::harness::measure {

struct Verdict {
  reports::Status status = reports::Status::ok;  // ok, unstable or throttled
  std::string reason;
};

// Unstable when the interval of the median is wider than asked. The reason says how many samples it would take and
// which disturbances were seen. `preemptions`: how often a thread of the process had to give its core away.
Verdict judge_precision(const reports::Record& record, const Settings& settings, std::int64_t preemptions = 0);

// Why the clock spoils this time, or nothing: most samples were taken below the threshold's share of the best clock, or
// leaving them out would move the median by more than the asked precision. Samples are judged, never dropped.
std::optional<std::string> why_throttled(std::span<const double> samples_ns, std::span<const double> clocks_hz,
                                         double best_clock_hz, const Settings& settings);

}  // namespace attnscope::harness::measure
