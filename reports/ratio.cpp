#include "reports/ratio.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <stdexcept>

#include "reports/correlation_time.h"

namespace attnscope::reports {

namespace {

constexpr std::size_t least_samples = 6;  // as many as a 95 % interval of a median takes
constexpr double normal = std::numeric_limits<double>::infinity();

// P(T > t)
double upper_tail(double t, double degrees_of_freedom) {
  if (std::isinf(t)) return t > 0 ? 0 : 1;
  if (std::isinf(degrees_of_freedom)) return boost::math::cdf(complement(boost::math::normal(), t));
  return boost::math::cdf(complement(boost::math::students_t(degrees_of_freedom), t));
}

double upper_quantile(double probability, double degrees_of_freedom) {
  if (std::isinf(degrees_of_freedom)) return boost::math::quantile(complement(boost::math::normal(), probability));
  return boost::math::quantile(complement(boost::math::students_t(degrees_of_freedom), probability));
}

// (value − limit) / error, where no error at all makes every difference infinitely clear.
double standardised(double value, double limit, double standard_error) {
  if (standard_error > 0) return (value - limit) / standard_error;
  return value == limit ? 0 : std::copysign(std::numeric_limits<double>::infinity(), value - limit);
}

double median_of(std::span<const double> samples) {
  std::vector<double> sorted(samples.begin(), samples.end());
  std::ranges::sort(sorted);
  return quantile_sorted(sorted, 0.5);
}

bool all_positive(std::span<const double> values) {
  return std::ranges::all_of(values, [](double value) { return value > 0 && std::isfinite(value); });
}

std::vector<double> logarithms(std::span<const double> values) {
  std::vector<double> result;
  for (const double value : values) result.push_back(std::log(value));
  return result;
}

// The medians of the processes that measured something; empty when a sample is not positive.
std::vector<double> process_medians(const Processes& processes) {
  std::vector<double> medians;
  for (const auto& samples : processes) {
    if (!all_positive(samples)) return {};
    if (!samples.empty()) medians.push_back(median_of(samples));
  }
  return medians;
}

struct Moments {
  double mean, variance_of_mean;
  double count;  // of the values that the mean takes in
};

// The mean without the `trimmed` smallest and largest values, and its variance from the values with each of these
// replaced by the nearest one that stays (Tukey and McLaughlin 1963). The plain mean and s²/n when nothing is trimmed.
Moments moments(std::span<const double> values, std::size_t trimmed) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const std::size_t n = sorted.size(), kept = n - 2 * trimmed;
  const double mean = summarize(std::span(sorted).subspan(trimmed, kept)).mean;
  if (n < 2) return {mean, 0, 1};
  for (std::size_t i = 0; i < trimmed; ++i) {
    sorted[i] = sorted[trimmed];
    sorted[n - 1 - i] = sorted[n - 1 - trimmed];
  }
  const double stdev = summarize(sorted).stdev;
  const auto h = static_cast<double>(kept);
  return {mean, stdev * stdev * static_cast<double>(n - 1) / (h * (h - 1)), h};
}

// Some processes may have been disturbed, and some kernels have a slow layout of memory that a fifth of the processes
// happen to get; of fewer than ten none can be spared.
Moments robust_moments(std::span<const double> values) {
  constexpr std::size_t least = 10;
  return moments(values, values.size() < least ? 0 : values.size() / 4);
}

// Welch (1947), with the Welch-Satterthwaite degrees of freedom; of trimmed means: Yuen (1974).
RatioEstimate welch(std::span<const double> log_a, std::span<const double> log_b) {
  const Moments a = robust_moments(log_a), b = robust_moments(log_b);
  const double variance = a.variance_of_mean + b.variance_of_mean;
  const auto share = [](const Moments& m) { return m.variance_of_mean * m.variance_of_mean / (m.count - 1); };
  const double denominator = share(a) + share(b);
  const double freedom = denominator > 0 ? variance * variance / denominator : normal;
  return {RatioEstimate::Basis::processes, b.mean - a.mean, std::sqrt(variance), freedom, log_a.size(), log_b.size()};
}

// One process on one side: its spread cannot be known, so it is taken to be that of the other side.
RatioEstimate one_against_several(std::span<const double> log_a, std::span<const double> log_b) {
  const Moments a = moments(log_a, 0), b = moments(log_b, 0);
  const Moments& several = a.count > 1 ? a : b;
  const double variance = several.variance_of_mean * several.count * (1 + 1 / several.count);
  return {RatioEstimate::Basis::processes,
          b.mean - a.mean,
          std::sqrt(variance),
          several.count - 1,
          log_a.size(),
          log_b.size()};
}

const std::vector<double>& only_process(const Processes& processes) {
  return *std::ranges::find_if(processes, [](const auto& samples) { return !samples.empty(); });
}

}  // namespace

double RatioEstimate::ratio() const { return std::exp(log_ratio); }

Interval RatioEstimate::interval(double confidence) const {
  if (!(confidence > 0 && confidence < 1)) {
    throw std::invalid_argument(
        fmt::format("confidence is {}; expected a value between 0 and 1, such as 0.95", confidence));
  }
  if (standard_error == 0) return {ratio(), ratio()};
  const double half = upper_quantile((1 - confidence) / 2, degrees_of_freedom) * standard_error;
  return {std::exp(log_ratio - half), std::exp(log_ratio + half)};
}

double RatioEstimate::p_above(double limit) const {
  return upper_tail(standardised(log_ratio, std::log(limit), standard_error), degrees_of_freedom);
}

double RatioEstimate::p_below(double limit) const {
  return upper_tail(-standardised(log_ratio, std::log(limit), standard_error), degrees_of_freedom);
}

LogMedian log_median(std::span<const double> samples) {
  const std::size_t n = samples.size();
  if (n < least_samples || !all_positive(samples)) {
    throw std::invalid_argument(
        fmt::format("error of the median of {} samples; expected at least {} positive ones", n, least_samples));
  }
  std::vector<double> sorted(samples.begin(), samples.end());
  std::ranges::sort(sorted);
  const auto count = static_cast<double>(n);
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::round((count + 1) / 2 - std::sqrt(count))));
  // The rank-th smallest and largest miss the median on one side when fewer than `rank` samples lie there.
  const double miss = boost::math::cdf(boost::math::binomial(count, 0.5), static_cast<double>(rank - 1));
  const double width = std::log(sorted[n - rank]) - std::log(sorted[rank - 1]);
  const double standard_error = width / (2 * upper_quantile(miss, normal));
  return {std::log(quantile_sorted(sorted, 0.5)), standard_error * std::sqrt(correlation_time(samples))};
}

std::optional<RatioEstimate> estimate_ratio(const Processes& a, const Processes& b) {
  const std::vector<double> log_a = logarithms(process_medians(a)), log_b = logarithms(process_medians(b));
  if (log_a.empty() || log_b.empty()) return std::nullopt;
  if (log_a.size() > 1 && log_b.size() > 1) return welch(log_a, log_b);
  if (log_a.size() > 1 || log_b.size() > 1) return one_against_several(log_a, log_b);
  const std::vector<double>&samples_a = only_process(a), &samples_b = only_process(b);
  if (samples_a.size() < least_samples || samples_b.size() < least_samples) return std::nullopt;
  const LogMedian from = log_median(samples_a), to = log_median(samples_b);
  return RatioEstimate{RatioEstimate::Basis::samples,
                       to.value - from.value,
                       std::hypot(from.standard_error, to.standard_error),
                       normal,
                       samples_a.size(),
                       samples_b.size()};
}

std::optional<RatioEstimate> estimate_paired_ratio(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) {
    throw std::invalid_argument(fmt::format("{} and {} values to pair; expected as many", a.size(), b.size()));
  }
  if (a.size() < 2 || !all_positive(a) || !all_positive(b)) return std::nullopt;
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(std::log(b[i]) - std::log(a[i]));
  const Moments found = robust_moments(differences);
  return RatioEstimate{
      RatioEstimate::Basis::pairs, found.mean, std::sqrt(found.variance_of_mean), found.count - 1, a.size(), b.size()};
}

std::optional<RatioEstimate> estimate_ratio_of_intervals(double a, Interval of_a, double b, Interval of_b) {
  if (!all_positive(std::vector{a, of_a.lo, of_a.hi, b, of_b.lo, of_b.hi})) return std::nullopt;
  const double quantile = upper_quantile(0.025, normal);
  const auto error = [&](Interval interval) { return std::log(interval.hi / interval.lo) / (2 * quantile); };
  return RatioEstimate{
      RatioEstimate::Basis::intervals, std::log(b / a), std::hypot(error(of_a), error(of_b)), normal, 1, 1};
}

}  // namespace attnscope::reports
