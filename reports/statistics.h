// Statistics of timing samples. Nothing here assumes a distribution.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace attnscope::reports {

struct Interval {
  double lo, hi;
};

struct Summary {
  std::size_t count;
  double median, mean, stdev, min, max, p05, p25, p75, p95;
  double rel_noise;                            // (p75 − p25) / median
  std::optional<Interval> median_interval;     // distribution-free; absent when there are too few samples (< 6 at 95 %)
  std::size_t outliers_mild, outliers_severe;  // Tukey fences at 1.5 and 3 interquartile ranges
};

// Throws std::invalid_argument when samples is empty.
Summary summarize(std::span<const double> samples, double confidence = 0.95);

// Interval of the median from order statistics (binomial, exact): the narrowest symmetric pair of order statistics
// whose coverage is at least `confidence`; std::nullopt when even (min, max) does not reach it.
std::optional<Interval> median_interval(std::span<const double> samples, double confidence = 0.95);

// Linear-interpolated quantile (type 7) of sorted samples, 0 <= q <= 1.
double quantile_sorted(std::span<const double> sorted, double q);

// Least-squares slope of log(y) over log(x): the exponent b of y = a·x^b. Needs two or more distinct positive x.
struct PowerLaw {
  double factor, exponent, r_squared;
};
std::optional<PowerLaw> fit_power_law(std::span<const double> x, std::span<const double> y);

}  // namespace attnscope::reports
