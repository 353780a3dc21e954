// How the views show what they show: one value for all of them, so that what is chosen in one holds in the others.
#pragma once

#include <QString>
#include <QStringList>
#include <optional>

#include "gui/model/filter_state.h"
#include "gui/model/metric.h"
#include "gui/plot/scale.h"
#include "gui/plot/scene.h"

namespace attnscope::gui::model {

struct ViewOptions {
  const Metric* metric = &metrics().front();
  const Metric* against = find_metric(QStringLiteral("memory"));  // of two metrics, the other one
  QString score;                       // a task of the Long Range Arena in place of `against`; "": none
  std::optional<double> length;        // of views at one sequence length; none: the longest that is measured
  int baseline_run = 0;                // LoadedRun::id; 0: none
  QString baseline_variant;            // "": none
  bool relative = false;               // ratios to the baseline instead of values
  bool crossings = false;              // Tradeoff marks those of all visible curves, while they are few
  QString over = QStringLiteral("n");  // CaseAxis::id() of what curves run along
  std::optional<Facet> split;          // one panel per value of it
  plot::IntervalStyle intervals = plot::IntervalStyle::band;
  IntervalSource source = IntervalSource::confidence;
  plot::Scale x_scale = plot::Scale::log2;
  bool linear_y = false;  // else the metric's own scale
  bool fits = true;       // exponents in the legend
  bool end_labels = false;
  bool grid = true;
  bool samples = false;  // every single one, behind the curves
  bool operator==(const ViewOptions&) const = default;
};

}  // namespace attnscope::gui::model
