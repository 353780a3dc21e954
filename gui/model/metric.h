// What the views can show of a case. A new metric is one row of the table in metric.cpp.
#pragma once

#include <QString>
#include <QStringList>
#include <optional>
#include <span>
#include <string_view>

#include "gui/plot/quantity.h"
#include "gui/plot/scale.h"
#include "reports/record.h"

namespace attnscope::gui::model {

// What the band around a median means.
enum class IntervalSource {
  confidence,  // 95 % interval of the median
  spread,      // 5th to 95th percentile of the samples
};

struct Metric {
  const char* id;           // as on the command line
  const char* label;        // in menus
  const char* title;        // of the figure's axis
  std::string_view column;  // of the record
  plot::Quantity quantity;
  plot::Scale scale;
  double reciprocal_of = 0;       // the value is this over the column's; 0: the column's itself
  bool is_claimed = false;        // the survey's complexity speaks of its growth
  const char* formula = nullptr;  // nullptr: what the column's meaning says
};

// All of them; there are no others, and none is copied.
std::span<const Metric> metrics();
// nullptr when there is none of this name.
const Metric* find_metric(const QString& id);
QStringList metric_ids();

// How the figure comes about, for tooltips.
QString metric_formula(const Metric& metric);

// Which way is better; of what is neither, such as a count of FLOPs, less is.
bool high_is_better(const Metric& metric);

// Nothing when the record has no such value.
std::optional<double> metric_value(const Metric& metric, const reports::Record& record);
// Of times and of what is computed from them; nothing for what is exact.
std::optional<plot::Range> metric_interval(const Metric& metric, const reports::Record& record, IntervalSource source);
// One value per sample of the record: none unless the metric is the time.
std::span<const double> metric_samples(const Metric& metric, const reports::Record& record);

}  // namespace attnscope::gui::model
