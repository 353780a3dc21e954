// The metric as the options ask for it: its values, or their ratio to the baseline.
#pragma once

#include <optional>

#include "gui/model/baseline.h"
#include "gui/model/metric.h"
#include "gui/model/view.h"

namespace attnscope::gui::model {

class ShownMetric {
 public:
  // Without a chosen baseline, ratios are to the one that with_some_baseline() takes. The runs must outlive it.
  ShownMetric(const ViewInput& input, const ViewOptions& options);

  const Metric& metric() const { return *options_.metric; }
  bool is_relative() const { return baseline_.is_set(); }
  // "time": absolute values keep the metric's title, ratios name what they are to.
  QString label() const;
  QString title() const;
  plot::Quantity quantity() const { return is_relative() ? plot::Quantity::ratio : metric().quantity; }
  plot::Scale scale() const { return is_relative() ? plot::Scale::log2 : metric().scale; }

  // Nothing when the case has no value, or nothing to be compared with.
  std::optional<double> value(const LoadedRun& run, const reports::Record& record) const;
  // The 95 % interval of a ratio covers the errors of both sides; that of the samples is over the baseline's median.
  std::optional<plot::Range> interval(const LoadedRun& run, const reports::Record& record) const;

 private:
  // nullptr without a counterpart that has a positive value.
  const reports::Record* base_of(const LoadedRun& run, const reports::Record& record) const;

  ViewOptions options_;
  Baseline baseline_;  // none: absolute values
};

}  // namespace attnscope::gui::model
