#include "harness/gpu/counter_check.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace attnscope::harness::gpu {

Trust trust_in(const CheckedCounter& counter) {
  constexpr double tolerance = 0.02;
  const auto is_near = [&](double ratio) { return std::abs(counter.ratio() / ratio - 1) <= tolerance; };
  if (is_near(1)) return Trust::exact;
  return is_near(0.5) || is_near(2) ? Trust::scaled : Trust::none;
}

Result<std::vector<CheckedCounter>> check_counters(const Counting& count, const std::vector<KnownWork>& works) {
  std::vector<CheckedCounter> checked;
  for (const KnownWork& known : works) {
    const auto counts = count(known.request, known.run, known.prepare);
    if (!counts) return counts.unavailable();
    for (const auto& [kind, expected] : known.work) {
      CheckedCounter counter{kind, {}, work_of(kind, counts->set, counts->values), expected};
      for (const Counter& part : counts->set.counters) {
        if (part.kind == kind) counter.metrics += (counter.metrics.empty() ? "" : " + ") + part.metric;
      }
      if (!counter.metrics.empty()) checked.push_back(std::move(counter));
    }
  }
  return checked;
}

Calibration calibration_of(const std::vector<CheckedCounter>& counters) {
  Calibration calibration;
  for (const CheckedCounter& counter : counters) {
    if (trust_in(counter) == Trust::scaled) calibration.set(counter.kind, counter.counted, counter.expected);
  }
  return calibration;
}

std::string describe(const std::vector<CheckedCounter>& counters) {
  std::string text;
  for (const CheckedCounter& counter : counters) {
    const Trust trust = trust_in(counter);
    text += fmt::format("{}{} {:.3f}{}", text.empty() ? "" : ", ", to_string(counter.kind), counter.ratio(),
                        trust == Trust::exact    ? ""
                        : trust == Trust::scaled ? " (divided by it)"
                                                 : " (refused)");
  }
  return text;
}

}  // namespace attnscope::harness::gpu
