// The fifth pass: floating-point operations and memory traffic as the hardware counts them, where it does.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/device/hardware_events.h"
#include "reports/record.h"

namespace attnscope::harness::measure {

// The weighted sum of events over all threads that the process has now, in user mode, while `run` runs. Events that had
// to share a counter are scaled by the time they were counted.
struct Count {
  double value = 0;
  std::string error;  // "" when counted
};
Count count_events(const std::vector<device::HardwareEvent>& events, const std::function<void()>& run);

// Fills flops_measured, bytes_measured and counter_events: the events and their weights, how the count compares with
// the model, or why there is no count. One warm-up run must have started all threads.
void measure_counters(const std::function<void()>& run, reports::Record& record);

}  // namespace attnscope::harness::measure
