#include "gui/plot/axis.h"

namespace attnscope::gui::plot {

double Axis::to_pixel(double value, double at_lo, double at_hi) const {
  const double lo = to_position(scale, range.lo), hi = to_position(scale, range.hi);
  return at_lo + (to_position(scale, value) - lo) / (hi - lo) * (at_hi - at_lo);
}

double Axis::to_value(double pixel, double at_lo, double at_hi) const {
  const double lo = to_position(scale, range.lo), hi = to_position(scale, range.hi);
  return from_position(scale, lo + (pixel - at_lo) / (at_hi - at_lo) * (hi - lo));
}

}  // namespace attnscope::gui::plot
