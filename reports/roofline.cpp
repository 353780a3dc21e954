#include "reports/roofline.h"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

namespace attnscope::reports {

namespace {

void require_positive(const Ceilings& ceilings) {
  if (ceilings.flop_per_s > 0 && ceilings.bytes_per_s > 0) return;
  throw std::invalid_argument(fmt::format("ceilings of {} FLOP/s and {} B/s; expected two positive rates",
                                          ceilings.flop_per_s, ceilings.bytes_per_s));
}

}  // namespace

double attainable_flop_per_s(const Ceilings& ceilings, double intensity) {
  require_positive(ceilings);
  if (!(intensity >= 0)) throw std::invalid_argument(fmt::format("intensity {}; expected at least 0", intensity));
  return std::min(ceilings.flop_per_s, intensity * ceilings.bytes_per_s);
}

double ridge_intensity(const Ceilings& ceilings) {
  require_positive(ceilings);
  return ceilings.flop_per_s / ceilings.bytes_per_s;
}

Bound bound_at(const Ceilings& ceilings, double intensity) {
  return intensity >= ridge_intensity(ceilings) ? Bound::compute : Bound::memory;
}

double least_seconds(const Ceilings& ceilings, double flops, double bytes) {
  require_positive(ceilings);
  return std::max(flops / ceilings.flop_per_s, bytes / ceilings.bytes_per_s);
}

std::optional<double> roofline_fraction(const Ceilings& ceilings, double intensity, double measured_flop_per_s) {
  const double attainable = attainable_flop_per_s(ceilings, intensity);
  if (attainable <= 0) return std::nullopt;
  return measured_flop_per_s / attainable;
}

}  // namespace attnscope::reports
