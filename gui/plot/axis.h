// One axis of a plot: scale, visible range, title, and what its numbers mean.
#pragma once

#include <QString>

#include "gui/plot/quantity.h"
#include "gui/plot/scale.h"

namespace attnscope::gui::plot {

struct Axis {
  Scale scale = Scale::linear;
  Range range;
  QString title;
  Quantity quantity = Quantity::plain;

  bool operator==(const Axis&) const = default;

  // Pixel of `value` when range.lo lies at `at_lo` and range.hi at `at_hi`.
  double to_pixel(double value, double at_lo, double at_hi) const;
  double to_value(double pixel, double at_lo, double at_hi) const;
};

}  // namespace attnscope::gui::plot
