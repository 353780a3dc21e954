#include "harness/measure/compare.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>

namespace attnscope::harness::measure {

using attention::Session;
using tensor::HostArray;

std::string Difference::text(double tolerance) const {
  if (!finite) return fmt::format("{} holds values that are not finite", array);
  return fmt::format("{} differs by {:.2e} of its largest value (allowed: {:.0e})", array, max_rel, tolerance);
}

double largest_magnitude(const HostArray& array) {
  double largest = 0;
  for (const double value : array.values) largest = std::max(largest, std::abs(value));
  return largest;
}

bool all_finite(const HostArray& array) {
  return std::ranges::all_of(array.values, [](double value) { return std::isfinite(value); });
}

Difference compare(std::string name, const HostArray& actual, const HostArray& expected, double least_scale) {
  if (actual.shape != expected.shape) {
    throw std::logic_error(
        fmt::format("{}: shapes {} and {}", name, to_string(actual.shape), to_string(expected.shape)));
  }
  Difference difference{std::move(name), 0, 0, all_finite(actual)};
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    difference.max_abs = std::max(difference.max_abs, std::abs(actual.values[i] - expected.values[i]));
  }
  difference.max_rel = difference.max_abs / std::max(least_scale, largest_magnitude(expected));
  return difference;
}

std::map<std::string, HostArray> decisions_of(const Session& session) {
  std::map<std::string, HostArray> decisions;
  for (const std::string& name : session.decisions()) decisions[name] = session.result(name);
  return decisions;
}

std::vector<std::string> differentiable_arguments(const Session& session) {
  std::vector<std::string> names;
  for (const ops::ArgumentSpec& spec : session.arguments()) {
    const bool differentiable = spec.role == ops::Role::input || spec.role == ops::Role::parameter;
    if (differentiable && spec.name != "d_out") names.push_back(spec.name);
  }
  return names;
}

std::vector<NamedArray> results_of(const Session& session, attention::Mode mode) {
  std::vector<NamedArray> results{{"output", session.output()}};
  if (mode != attention::Mode::training) return results;
  for (const std::string& name : differentiable_arguments(session)) {
    results.push_back({"gradient of " + name, session.gradient(name)});
  }
  return results;
}

double ComparedArray::scale() const { return std::max(least_scale, largest_magnitude(expected)); }

std::vector<ComparedArray> compared_arrays(std::vector<NamedArray> actual, std::vector<NamedArray> expected) {
  double gradients = 20 * least_scale;
  for (std::size_t i = 1; i < expected.size(); ++i) {
    gradients = std::max(gradients, largest_magnitude(expected[i].values));
  }
  std::vector<ComparedArray> compared;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    compared.push_back({expected[i].name, std::move(actual.at(i).values), std::move(expected[i].values),
                        i == 0 ? least_scale : gradients / 20});
  }
  return compared;
}

std::vector<Difference> compare_sessions(const Session& actual, const Session& expected, attention::Mode mode) {
  std::vector<Difference> differences;
  for (const ComparedArray& compared : compared_arrays(results_of(actual, mode), results_of(expected, mode))) {
    differences.push_back(compared.difference());
  }
  return differences;
}

const Difference& worst(const std::vector<Difference>& differences) {
  return *std::ranges::max_element(differences, {},
                                   [](const Difference& d) { return std::pair(!d.finite, d.max_rel); });
}

std::map<std::string, HostArray> given_to_oracle(const Session& session, tensor::DType dtype) {
  std::map<std::string, HostArray> given = decisions_of(session);
  if (!tensor::is_half(dtype)) return given;
  for (const ops::ArgumentSpec& spec : session.arguments()) given.emplace(spec.name, session.argument(spec.name));
  return given;
}

double tolerance_of(const ops::Backend& backend) {
  constexpr double units_of_8_bits = 2e-2, units_of_11_bits = 2.5e-3;  // a few in the last place
  switch (backend.dtype()) {
    case tensor::DType::f64:
      return 1e-9;
    case tensor::DType::bf16:
      return units_of_8_bits;
    case tensor::DType::fp16:
      return units_of_11_bits;
    case tensor::DType::f32:
      break;
  }
  return backend.multiplies_in_tf32() ? units_of_11_bits : 2e-4;
}

}  // namespace attnscope::harness::measure
