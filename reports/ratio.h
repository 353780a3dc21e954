// The ratio of two typical times, with what is known of its uncertainty.
//
// Times multiply and divide, so everything happens on logarithms: an estimate of log(b/a), its standard error, and the
// degrees of freedom of that error.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "reports/statistics.h"

namespace attnscope::reports {

struct RatioEstimate {
  // What was repeated, and therefore which differences the standard error covers.
  enum class Basis {
    processes,  // several processes a side: Welch's t on the logarithms of their medians
    pairs,      // processes measured in turns: Student's t on the logarithms of the pairs' ratios
    samples,    // one process a side: distribution-free error of its median; says nothing about another process
    intervals,  // one process a side, samples not kept: from the 95 % intervals of the medians
  };
  Basis basis;
  double log_ratio;
  double standard_error;
  double degrees_of_freedom;     // infinity: normal
  std::size_t units_a, units_b;  // of the basis: processes, pairs or samples

  double ratio() const;
  // Two-sided, of the ratio. Throws std::invalid_argument unless 0 < confidence < 1.
  Interval interval(double confidence) const;
  // One-sided probability of an estimate this high (low) when the true ratio is `limit`.
  double p_above(double limit) const;
  double p_below(double limit) const;
};

// The samples of one case, process by process.
using Processes = std::vector<std::vector<double>>;

// std::nullopt when there is nothing to judge by: a side without samples, fewer than 6 samples in a single process, or
// a sample that is not positive. Empty processes are ignored.
//
// Two or more processes on each side: Welch (1947); from ten on the mean leaves out a quarter of them at each end (Yuen
// 1974, "The two-sample trimmed t for unequal population variances"), so that disturbed processes do not blow up
// the interval. One process against several: Student's t with the spread of the several taken for both sides. One
// against one: Price and Bonett (2002), see log_median().
std::optional<RatioEstimate> estimate_ratio(const Processes& a, const Processes& b);

// a[i] and b[i] were measured in turns; what disturbs both cancels. Trimmed likewise. std::nullopt for fewer than two
// pairs.
std::optional<RatioEstimate> estimate_paired_ratio(std::span<const double> a, std::span<const double> b);

// From medians and their 95 % intervals only.
std::optional<RatioEstimate> estimate_ratio_of_intervals(double a, Interval of_a, double b, Interval of_b);

// The logarithm of a median and its standard error, without assuming a distribution: the width of a pair of order
// statistics over the normal quantile that corresponds to the pair's exact binomial coverage (Price and Bonett 2002,
// "Distribution-free confidence intervals for difference and ratio of medians", equations 3 and 4), times the square
// root of correlation_time(). Samples in the order of measurement, at least 6 and positive.
struct LogMedian {
  double value, standard_error;
};
LogMedian log_median(std::span<const double> samples);

}  // namespace attnscope::reports
