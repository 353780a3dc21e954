// Bootstrap draws of measured points: what the median of a case might have been, had it been measured again.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "reports/curve.h"

namespace attnscope::reports {

class Resampler {
 public:
  // Fixed by default: the same records give the same intervals.
  explicit Resampler(std::uint64_t seed = 1) : random_(seed) {}

  // One bootstrap replicate of the point's value: of its samples where it has them; else from its interval, taken as
  // 95 % of a log-normal; else the value itself, which is exact.
  double draw(const CurvePoint& point);

 private:
  double median_of_resample(std::span<const double> sorted);
  double beta(double a, double b);
  std::mt19937_64 random_;
};

// The central quantiles of the replicates that enclose `confidence` of them. Throws std::invalid_argument when there
// are none.
Interval percentile_interval(std::vector<double> replicates, double confidence = 0.95);

}  // namespace attnscope::reports
