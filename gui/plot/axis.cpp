#include "gui/plot/axis.h"

#include <cmath>

namespace attnscope::gui::plot {

double Axis::to_pixel(double value, double at_lo, double at_hi) const {
  const double lo = to_position(scale, range.lo), hi = to_position(scale, range.hi);
  return at_lo + (to_position(scale, value) - lo) / (hi - lo) * (at_hi - at_lo);
}

double Axis::to_value(double pixel, double at_lo, double at_hi) const {
  const double lo = to_position(scale, range.lo), hi = to_position(scale, range.hi);
  return from_position(scale, lo + (pixel - at_lo) / (at_hi - at_lo) * (hi - lo));
}

QString Axis::text(double value) const {
  if (scale != Scale::category) return format_quantity(quantity, value);
  return categories.value(static_cast<qsizetype>(std::lround(value)));
}

}  // namespace attnscope::gui::plot
