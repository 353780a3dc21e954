#include "harness/measure/agreement.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "suite/backends/backends.h"

namespace attnscope::harness::measure {

namespace {

using backends::StoredRounding;
using tensor::HostArray;

constexpr double spreads_allowed = 2;  // what is seen in few repetitions is less than what may be
constexpr double largest_share = 0.5;  // of an array's size that rounding may account for

double root_mean_square(const HostArray& a, const HostArray* minus = nullptr) {
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const double value = a.values[i] - (minus == nullptr ? 0 : minus->values[i]);
    sum += value * value;
  }
  return a.values.empty() ? 0 : std::sqrt(sum / static_cast<double>(a.values.size()));
}

// Largest difference in each row, the last axis.
std::vector<double> row_differences(const HostArray& a, const HostArray& b) {
  const auto width = static_cast<std::size_t>(a.shape.rank() == 0 ? 1 : std::max<std::int64_t>(a.shape[-1], 1));
  std::vector<double> rows(a.values.size() / width);
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    rows[i / width] = std::max(rows[i / width], std::abs(a.values[i] - b.values[i]));
  }
  return rows;
}

// Root mean square over the largest value.
double flatness(const HostArray& array) {
  const double largest = largest_magnitude(array);
  return largest == 0 ? 1 : root_mean_square(array) / largest;
}

// An array that is not within the tolerance of the exact one.
class Doubtful {
 public:
  Doubtful(ComparedArray compared, double tolerance)
      : compared_(std::move(compared)),
        scale_(compared_.scale()),
        tolerated_(tolerance * scale_),
        size_(std::max(root_mean_square(compared_.expected), compared_.least_scale)),
        tolerated_for_all_(tolerated_ * flatness(compared_.expected)),
        errors_(row_differences(compared_.actual, compared_.expected)),
        error_(root_mean_square(compared_.actual, &compared_.expected)),
        spread_(errors_.size()) {}

  const std::string& name() const { return compared_.name; }
  ErrorRule rule() const { return rule_; }

  // Of the reference that stores to the nearest.
  void hold_against(const HostArray& stored) {
    learn(stored);
    const Difference difference = compare(name(), compared_.actual, stored);
    is_settled_ = all_finite(stored) && difference.max_abs <= tolerated_;
    if (is_settled_) rule_ = ErrorRule::stored;
  }
  // Of one that stores by chance.
  void learn(const HostArray& stored) {
    const std::vector<double> rows = row_differences(stored, compared_.expected);
    for (std::size_t r = 0; r < rows.size(); ++r) spread_[r] = std::max(spread_[r], rows[r]);
    spread_of_all_ = std::max(spread_of_all_, root_mean_square(stored, &compared_.expected));
    if (rule_ == ErrorRule::spread) is_settled_ = excess_of_row(worst_row()) <= 1 && error_ <= allowed_for_all();
  }
  bool is_settled() const { return is_settled_; }
  bool is_noise() const { return spreads() * spread_of_all_ > largest_share * size_; }

  // What is allowed where the error is largest, over the scale.
  double allowed() const {
    const auto largest = std::ranges::max_element(errors_) - errors_.begin();
    if (rule_ == ErrorRule::spread) return allowed_for_row(static_cast<std::size_t>(largest)) / scale_;
    return (tolerated_ + *std::ranges::max_element(spread_)) / scale_;
  }

  std::string fault(std::string_view rounding) const {
    const std::size_t row = worst_row();
    const bool is_row = excess_of_row(row) > 1;
    return fmt::format("{} {} by {:.2e} of its largest value (allowed: {:.2e}, of which {} explains {:.2e})", name(),
                       is_row ? "differs" : "differs on the whole", (is_row ? errors_[row] : error_) / scale_,
                       (is_row ? allowed_for_row(row) : allowed_for_all()) / scale_, rounding,
                       spreads_allowed * (is_row ? spread_[row] : spread_of_all_) / scale_);
  }
  std::string noise(std::string_view rounding) const {
    return fmt::format("{} moves {} by {:.2f} of its size in the reference already", rounding, name(),
                       spread_of_all_ / size_);
  }

 private:
  double spreads() const { return rule_ == ErrorRule::spread ? spreads_allowed : 1; }
  double allowed_for_row(std::size_t row) const { return tolerated_ + spreads_allowed * spread_[row]; }
  double allowed_for_all() const { return tolerated_for_all_ + spreads_allowed * spread_of_all_; }
  double excess_of_row(std::size_t row) const { return errors_[row] / allowed_for_row(row); }
  std::size_t worst_row() const {
    std::size_t worst = 0;
    for (std::size_t r = 0; r < errors_.size(); ++r) {
      if (excess_of_row(r) > excess_of_row(worst)) worst = r;
    }
    return worst;
  }

  ComparedArray compared_;
  double scale_;                // as reported
  double tolerated_;            // in any row
  double size_;                 // root mean square, at least what the scale is at least
  double tolerated_for_all_;    // root mean square
  std::vector<double> errors_;  // by row
  double error_;                // root mean square
  std::vector<double> spread_;  // the largest so far
  double spread_of_all_ = 0;
  ErrorRule rule_ = ErrorRule::spread;
  bool is_settled_ = false;
};

const HostArray& named(const std::vector<NamedArray>& arrays, const std::string& name) {
  return std::ranges::find(arrays, name, &NamedArray::name)->values;
}

// The first array with values that are not finite, when all of those are not finite in `stored` either; "" when not.
std::string overflowing_array(const std::vector<NamedArray>& actual, const std::vector<NamedArray>& stored) {
  std::string first;
  for (const auto& [name, array] : actual) {
    const HostArray& other = named(stored, name);
    for (std::size_t i = 0; i < array.values.size(); ++i) {
      if (std::isfinite(array.values[i])) continue;
      if (std::isfinite(other.values[i])) return "";
      if (first.empty()) first = name;
    }
  }
  return first;
}

}  // namespace

std::string_view to_string(ErrorRule rule) {
  switch (rule) {
    case ErrorRule::exact:
      return "exact";
    case ErrorRule::stored:
      return "stored";
    case ErrorRule::spread:
      return "spread";
  }
  return "?";
}

Agreement agreement(const std::vector<NamedArray>& actual, const std::vector<NamedArray>& expected,
                    const ops::Backend& measured, const Rerun& rerun, int most_repetitions) {
  const double tolerance = tolerance_of(measured);
  Agreement result{.allowed = tolerance};
  std::vector<Difference> differences;
  std::vector<Doubtful> doubtful;
  for (ComparedArray& compared : compared_arrays(actual, expected)) {
    differences.push_back(compared.difference());
    if (!differences.back().within(tolerance)) doubtful.emplace_back(std::move(compared), tolerance);
  }
  result.largest = worst(differences);
  if (doubtful.empty()) return result;
  for (const Doubtful& each : doubtful) result.arrays.push_back(each.name());
  const bool in_tf32 = measured.multiplies_in_tf32();
  const std::string rounding =
      in_tf32 ? "multiplying in tf32" : fmt::format("storing in {}", to_string(measured.dtype()));
  const auto stored = [&](StoredRounding how, std::uint64_t seed) {
    const auto reference = backends::make_reference_storing_as(measured, how, seed);
    return rerun(*reference);
  };
  const bool is_finite = result.largest.finite && std::isfinite(result.largest.max_rel);
  if (!is_finite && measured.dtype() == tensor::DType::fp16) {
    const std::string name = overflowing_array(actual, stored(StoredRounding::to_nearest, 0));
    if (!name.empty()) {
      result.undecidable = fmt::format("{} makes {} overflow in the reference already", rounding, name);
      return result;
    }
  }
  if (!(tensor::is_half(measured.dtype()) || in_tf32) || !is_finite) {
    result.fault = result.largest.text(tolerance);
    return result;
  }
  const auto nearest = stored(StoredRounding::to_nearest, 0);
  for (Doubtful& each : doubtful) each.hold_against(named(nearest, each.name()));
  for (int seed = 1; seed <= most_repetitions && !std::ranges::all_of(doubtful, &Doubtful::is_settled); ++seed) {
    const auto by_chance = stored(StoredRounding::by_chance, static_cast<std::uint64_t>(seed));
    for (Doubtful& each : doubtful) {
      if (!each.is_settled()) each.learn(named(by_chance, each.name()));
    }
  }

  for (const Doubtful& each : doubtful) {
    if (each.name() == result.largest.array) result.allowed = each.allowed();
    result.rule = std::max(result.rule, each.rule());
    if (!each.is_settled() && !result.fault) result.fault = each.fault(rounding);
    if (each.is_noise() && !result.undecidable) result.undecidable = each.noise(rounding);
  }
  return result;
}

}  // namespace attnscope::harness::measure
