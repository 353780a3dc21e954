// The roofline (Williams, Waterman, Patterson 2009, CACM 52(4), 65): what a machine can reach at an arithmetic
// intensity, in FLOP per byte.
#pragma once

#include <optional>

namespace attnscope::reports {

struct Ceilings {
  double flop_per_s = 0;   // peak_flop_per_s of a record
  double bytes_per_s = 0;  // peak_bytes_per_s
};

enum class Bound { compute, memory };

// min(flop_per_s, intensity · bytes_per_s). Throws std::invalid_argument unless ceilings are positive and the
// intensity is not negative.
double attainable_flop_per_s(const Ceilings& ceilings, double intensity);
// The intensity from which on the work is bound by computation: flop_per_s / bytes_per_s.
double ridge_intensity(const Ceilings& ceilings);
Bound bound_at(const Ceilings& ceilings, double intensity);

// The least time the work can take, in seconds: the longer of computing and moving. Work without bytes or without
// FLOPs is allowed.
double least_seconds(const Ceilings& ceilings, double flops, double bytes);

// Share of the attainable rate that was reached (column roofline_frac); nothing when nothing is attainable: work
// without FLOPs.
std::optional<double> roofline_fraction(const Ceilings& ceilings, double intensity, double measured_flop_per_s);

}  // namespace attnscope::reports
