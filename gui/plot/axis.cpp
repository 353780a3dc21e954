#include "gui/plot/axis.h"

#include <cmath>

namespace attnscope::gui::plot {

double Axis::to_pixel(double value, double at_lo, double at_hi) const {
  return AxisProjection(scale, range, at_lo, at_hi).pixel(value);
}

double Axis::to_value(double pixel, double at_lo, double at_hi) const {
  return AxisProjection(scale, range, at_lo, at_hi).value(pixel);
}

QString Axis::text(double value) const {
  if (scale != Scale::category) return format_quantity(quantity, value);
  return categories.value(static_cast<qsizetype>(std::lround(value)));
}

}  // namespace attnscope::gui::plot
