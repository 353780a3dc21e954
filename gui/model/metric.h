// What the tradeoff view can show over the sequence length. A new metric is one row of the table in metric.cpp.
#pragma once

#include <QString>
#include <QStringList>
#include <span>
#include <string_view>

#include "gui/plot/quantity.h"
#include "gui/plot/scale.h"

namespace attnscope::gui::model {

struct Metric {
  const char* id;                                 // as on the command line
  const char* label;                              // in menus
  const char* title;                              // of the figure's axis
  std::string_view column;                        // of the record
  std::string_view confidence_lo, confidence_hi;  // "" when the metric is exact
  std::string_view spread_lo, spread_hi;
  plot::Quantity quantity;
  plot::Scale scale;
};

std::span<const Metric> metrics();
// nullptr when there is none of this name.
const Metric* find_metric(const QString& id);
QStringList metric_ids();

}  // namespace attnscope::gui::model
