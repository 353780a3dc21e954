// Points of a curve for tests of the analysis.
#pragma once

#include <algorithm>
#include <vector>

#include "reports/curve.h"

namespace attnscope::reports::testing {

// Exact points: neither samples nor an interval.
inline std::vector<CurvePoint> exact_points(const std::vector<double>& n, const std::vector<double>& values) {
  std::vector<CurvePoint> points;
  for (std::size_t i = 0; i < n.size(); ++i) points.push_back({n[i], values[i], std::nullopt, {}, nullptr});
  return points;
}

template <class Function>
std::vector<CurvePoint> exact_points_of(const std::vector<double>& n, const Function& value_at) {
  std::vector<double> values;
  for (const double length : n) values.push_back(value_at(length));
  return exact_points(n, values);
}

inline CurvePoint sampled_point(double n, std::vector<double> samples) {
  std::ranges::sort(samples);
  const double median = quantile_sorted(samples, 0.5);
  return {n, median, median_interval(samples), samples, nullptr};
}

inline const std::vector<double> powers_of_two{256, 512, 1024, 2048, 4096, 8192};

// The published measurements of CAB (Shark-NLP/CAB, scripts/efficiency_length/cost.xlsx), rounded as in its figure: ms
// and MB of vanilla attention and of ABC at 256 … 8192.
inline const std::vector<double> cab_vanilla_ms{.472, .628, .721, .981, 3.67, 18.437};
inline const std::vector<double> cab_abc_ms{.648, .590, .602, .910, 1.006, 1.509};
inline const std::vector<double> cab_vanilla_mb{81, 265, 952, 3604, 14020, 55300};
inline const std::vector<double> cab_abc_mb{42, 80, 156, 308, 612, 1220};

}  // namespace attnscope::reports::testing
