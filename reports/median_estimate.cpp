#include "reports/median_estimate.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>
#include <vector>

#include "reports/correlation_time.h"

namespace attnscope::reports {

namespace {

double median_of(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  return quantile_sorted(sorted, 0.5);
}

// The ranks of the interval for independent samples, as far again from the middle as the correlation demands.
std::optional<Interval> correlated_interval(std::span<const double> samples, double correlation_time,
                                            double confidence) {
  std::vector<double> sorted(samples.begin(), samples.end());
  std::ranges::sort(sorted);
  std::vector<double> ranks(sorted.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i] = static_cast<double>(i + 1);
  const auto independent = median_interval(ranks, confidence);
  if (!independent) return std::nullopt;
  const auto count = static_cast<double>(sorted.size());
  const double rank = std::floor(count / 2 - (count / 2 - independent->lo) * std::sqrt(correlation_time));
  if (rank < 1) return std::nullopt;
  const auto k = static_cast<std::size_t>(rank);
  return Interval{sorted[k - 1], sorted[sorted.size() - k]};
}

// Of the mean logarithm: the medians of few processes are too few for order statistics.
std::optional<Interval> student_interval(std::span<const double> medians, double confidence) {
  if (std::ranges::any_of(medians, [](double median) { return !(median > 0); })) return std::nullopt;
  const auto count = static_cast<double>(medians.size());
  double mean = 0, squares = 0;
  for (const double median : medians) mean += std::log(median) / count;
  for (const double median : medians) squares += (std::log(median) - mean) * (std::log(median) - mean);
  const boost::math::students_t distribution(count - 1);
  const double half = boost::math::quantile(boost::math::complement(distribution, (1 - confidence) / 2)) *
                      std::sqrt(squares / (count - 1) / count);
  return Interval{std::exp(mean - half), std::exp(mean + half)};
}

std::vector<double> process_medians(std::span<const double> samples,
                                    std::span<const std::int64_t> samples_per_process) {
  std::vector<double> medians;
  std::size_t start = 0;
  for (const std::int64_t count : samples_per_process) {
    if (count < 1 || start + static_cast<std::size_t>(count) > samples.size()) {
      throw std::invalid_argument(
          fmt::format("{} samples; the counts per process do not add up to that", samples.size()));
    }
    medians.push_back(median_of(samples.subspan(start, static_cast<std::size_t>(count))));
    start += static_cast<std::size_t>(count);
  }
  if (start != samples.size()) {
    throw std::invalid_argument(fmt::format("{} samples; the counts per process add up to {}", samples.size(), start));
  }
  return medians;
}

}  // namespace

int least_samples(double confidence) {
  int count = 2;
  while (1 - std::ldexp(1.0, 1 - count) < confidence) ++count;
  return count;
}

MedianEstimate estimate_median(std::span<const double> samples, std::span<const std::int64_t> samples_per_process,
                               double confidence) {
  if (samples.empty()) throw std::invalid_argument("median of no samples; expected at least one");
  if (samples_per_process.empty() || samples_per_process.size() == 1) {
    if (!samples_per_process.empty()) process_medians(samples, samples_per_process);  // the count must be right
    const double median = median_of(samples);
    const double correlation_time = reports::correlation_time(samples);
    return {median, correlated_interval(samples, correlation_time, confidence), correlation_time};
  }
  const std::vector<double> medians = process_medians(samples, samples_per_process);
  auto interval = median_interval(medians, confidence);
  const double median = median_of(medians);
  if (!interval) {
    interval = student_interval(medians, confidence);
    // The interval is about the geometric mean, which is not quite the median.
    if (interval) interval = Interval{std::min(interval->lo, median), std::max(interval->hi, median)};
  }
  return {median, interval, 1};
}

}  // namespace attnscope::reports
