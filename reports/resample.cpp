#include "reports/resample.h"

#include <algorithm>
#include <cmath>

namespace attnscope::reports {

namespace {

constexpr double z_95 = 1.959963984540054;  // 97.5 % quantile of the normal distribution

}  // namespace

double Resampler::beta(double a, double b) {
  const double x = std::gamma_distribution<double>(a)(random_);
  const double y = std::gamma_distribution<double>(b)(random_);
  return x / (x + y);
}

// The k-th of n draws with replacement is the sample at rank ⌊n·U⌋ with U ~ Beta(k, n + 1 − k), the k-th of n uniform
// numbers (Maritz and Jarrett 1978): the bootstrap median without n draws. For even n the next one is the smallest of
// the n − k uniform numbers above U.
double Resampler::median_of_resample(std::span<const double> sorted) {
  const std::size_t n = sorted.size();
  const auto at = [&](double u) {
    return sorted[std::min(n - 1, static_cast<std::size_t>(u * static_cast<double>(n)))];
  };
  const std::size_t k = (n + 1) / 2;
  const double lower = beta(static_cast<double>(k), static_cast<double>(n + 1 - k));
  if (n % 2 == 1) return at(lower);
  const double upper = lower + (1 - lower) * beta(1, static_cast<double>(n - k));
  return (at(lower) + at(upper)) / 2;
}

double Resampler::draw(const CurvePoint& point) {
  if (point.samples.size() > 1) return median_of_resample(point.samples);
  if (!point.interval || !(point.interval->lo > 0) || !(point.value > 0)) return point.value;
  const double sigma = std::log(point.interval->hi / point.interval->lo) / (2 * z_95);
  return point.value * std::exp(std::normal_distribution<double>(0, 1)(random_) * std::max(0.0, sigma));
}

Interval percentile_interval(std::vector<double> replicates, double confidence) {
  std::ranges::sort(replicates);
  const double tail = (1 - confidence) / 2;
  return {quantile_sorted(replicates, tail), quantile_sorted(replicates, 1 - tail)};
}

}  // namespace attnscope::reports
