// Hardware counters held against work whose amount is known exactly, since what some of them count is documented
// nowhere: whether a tensor core's multiply-add is one operation or two, for one.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/gpu/counter_metrics.h"
#include "harness/gpu/range_profiler.h"

namespace attnscope::harness::gpu {

struct KnownWork {
  MetricRequest request{};                 // what is to count it
  std::map<CounterKind, double> work{};    // FLOPs and bytes of `run`, by kind
  std::function<void()> run{}, prepare{};  // as count_on_device() takes them
};

// count_on_device() of a device, or what stands in for it.
using Counting = std::function<Result<DeviceCounts>(const MetricRequest& request, const std::function<void()>& run,
                                                    const std::function<void()>& prepare)>;

struct CheckedCounter {
  CounterKind kind;
  std::string metrics;  // "a.sum + b.sum"
  double counted = 0, expected = 0;

  double ratio() const { return counted / expected; }
};

enum class Trust {
  exact,  // within 2 % of what it must be
  // Within 2 % of half or double: it counts something else, and is divided by what it is off.
  scaled,
  none
};
Trust trust_in(const CheckedCounter& counter);

// One for each kind of work that the chip counts; the reason when one count fails.
Result<std::vector<CheckedCounter>> check_counters(const Counting& count, const std::vector<KnownWork>& works);

// For total(): the ratios of counters that are scaled.
Calibration calibration_of(const std::vector<CheckedCounter>& counters);

// "float32 multiply-adds 1.001, bfloat16 tensor operations 0.5 (divided by it)".
std::string describe(const std::vector<CheckedCounter>& counters);

}  // namespace attnscope::harness::gpu
