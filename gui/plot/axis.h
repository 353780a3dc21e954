// One axis of a plot: scale, visible range, title, and what its numbers mean.
#pragma once

#include <QString>
#include <QStringList>
#include <algorithm>

#include "gui/plot/quantity.h"
#include "gui/plot/scale.h"

namespace attnscope::gui::plot {

// Between values and pixels of one axis at one length: what Axis::to_pixel() does, for many values.
class AxisProjection {
 public:
  // `range.lo` lies at `at_lo`, `range.hi` at `at_hi`.
  AxisProjection(Scale scale, Range range, double at_lo, double at_hi)
      : scale_(scale),
        at_lo_(at_lo),
        lo_(to_position(scale, range.lo)),
        pixels_per_position_((at_hi - at_lo) / (to_position(scale, range.hi) - lo_)) {}
  double pixel(double value) const { return at_lo_ + (to_position(scale_, value) - lo_) * pixels_per_position_; }
  double value(double pixel) const { return from_position(scale_, lo_ + (pixel - at_lo_) / pixels_per_position_); }

 private:
  Scale scale_;
  double at_lo_, lo_, pixels_per_position_;
};

struct Axis {
  Scale scale = Scale::linear;
  Range range;
  QString title;
  Quantity quantity = Quantity::plain;
  QStringList categories = {};  // with Scale::category: the name of position 0, 1, …

  bool operator==(const Axis&) const = default;

  // Pixel of `value` when range.lo lies at `at_lo` and range.hi at `at_hi`.
  double to_pixel(double value, double at_lo, double at_hi) const;
  double to_value(double pixel, double at_lo, double at_hi) const;

  // The value with its unit, or the name of the category.
  QString text(double value) const;

  bool is_category() const { return scale == Scale::category; }
  // All categories, half a place beyond the outer ones.
  Range whole_categories() const {
    return {-0.5, static_cast<double>(std::max<qsizetype>(1, categories.size())) - 0.5};
  }
};

}  // namespace attnscope::gui::plot
