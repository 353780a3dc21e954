// How a cost grows with the sequence length: the exponent with its interval, and which of two models fits better.
//
//   power law   y = a·n^b
//   polynomial  y = a + b·n + c·n², terms non-negative, two at least (one alone is a power law), the third if it helps
//
// Errors are relative in both. The model is chosen by AICc (Hurvich and Tsai 1989, Biometrika 76, 297): with m lengths
// and k − 1 coefficients, AICc = m·ln(RSS/m) + 2k + 2k(k+1)/(m−k−1). The power law is kept unless the polynomial's is
// lower by more than 2 (Burnham and Anderson 2002, §2.6: below that the data do not tell).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "reports/curve.h"
#include "reports/regression.h"
#include "reports/statistics.h"

namespace attnscope::reports {

struct Exponent {
  double value = 0;
  // 95 %: the bootstrap of the measurements and the scatter around the fit, added in quadrature.
  Interval interval{0, 0};
  double from = 0, to = 0;  // lengths that were fitted
};

struct Scaling {
  Exponent exponent;  // over the whole range
  Exponent local;     // at the large end: the three longest lengths (two where there are only three)
  std::variant<PowerLaw, Polynomial> model;
  std::string model_text;             // "1.2·n^1.98", "4.1e5 + 0.31·n²"; in the metric's base unit
  std::string why;                    // why this model
  double rms_error = 0;               // of the chosen model, relative
  std::vector<std::string> warnings;  // range too small, launch-bound, exponent still changing

  double at(double n) const;  // the model's value
};

struct ScalingOutcome {
  std::optional<Scaling> scaling;
  std::string refusal;  // why there is none: "2 lengths measured; an exponent needs 3"
};

ScalingOutcome analyze_scaling(std::span<const CurvePoint> points);

}  // namespace attnscope::reports
