// One axis of a plot: scale, visible range, title, and what its numbers mean.
#pragma once

#include <QString>
#include <QStringList>
#include <algorithm>

#include "gui/plot/quantity.h"
#include "gui/plot/scale.h"

namespace attnscope::gui::plot {

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
