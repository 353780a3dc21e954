// How far two arrays or two sessions are apart.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "suite/attention/session.h"
#include "suite/tensor/host_array.h"

namespace attnscope::harness::measure {

// Largest difference of any element, and the same over a scale: the largest expected magnitude, but at least
// `least_scale`, since rounding leaves no relative accuracy in values that cancel.
struct Difference {
  std::string array;  // "output", "gradient of q"
  double max_abs = 0, max_rel = 0;
  bool finite = true;  // false when the actual array holds a NaN or an infinity

  bool within(double tolerance) const { return finite && max_rel <= tolerance; }
  std::string text(double tolerance) const;
};
inline constexpr double least_scale = 1e-3;

Difference compare(std::string name, const tensor::HostArray& actual, const tensor::HostArray& expected,
                   double least_scale = measure::least_scale);
bool all_finite(const tensor::HostArray& array);
double largest_magnitude(const tensor::HostArray& array);

// The output and, in training mode, the gradient of every input and parameter, of the last run.
struct NamedArray {
  std::string name;  // "output", "gradient of q"
  tensor::HostArray values;
};
std::vector<NamedArray> results_of(const attention::Session& session, attention::Mode mode);

struct ComparedArray {
  std::string name;
  tensor::HostArray actual, expected;
  double least_scale;

  double scale() const;
  Difference difference() const { return compare(name, actual, expected, least_scale); }
};
// Pairs of the same name. Gradients are compared on a scale of at least a twentieth of the largest one: some are zero
// by cancellation (softmax does not see a bias of the keys), and what is left of them is rounding of the others.
std::vector<ComparedArray> compared_arrays(std::vector<NamedArray> actual, std::vector<NamedArray> expected);
// The same of the last run of both.
std::vector<Difference> compare_sessions(const attention::Session& actual, const attention::Session& expected,
                                         attention::Mode mode);
// The one furthest from agreement.
const Difference& worst(const std::vector<Difference>& differences);

// The choices of the last run: given to another session, both compute with the same ones.
std::map<std::string, tensor::HostArray> decisions_of(const attention::Session& session);

// What an oracle is given to compute with the same numbers: the choices, and the arguments as they are stored where
// storing rounds them to bfloat16.
std::map<std::string, tensor::HostArray> given_to_oracle(const attention::Session& session, tensor::DType dtype);

// Arguments that have a gradient in training mode.
std::vector<std::string> differentiable_arguments(const attention::Session& session);

// Accepted relative difference of the backend's results from the float64 oracle: what a few thousand rounded additions
// leave.
double tolerance_of(const ops::Backend& backend);

}  // namespace attnscope::harness::measure
