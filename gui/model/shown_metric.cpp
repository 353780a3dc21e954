#include "gui/model/shown_metric.h"

#include <QCoreApplication>

#include "gui/model/compare_scene.h"
#include "reports/comparison.h"

namespace attnscope::gui::model {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::ShownMetric)
};

}  // namespace

ShownMetric::ShownMetric(const ViewInput& input, const ViewOptions& options) : options_(options) {
  if (options.relative) baseline_ = Baseline(input.runs, with_some_baseline(input, options));
}

QString ShownMetric::label() const {
  const QString label = QCoreApplication::translate("Metric", metric().label);
  return is_relative() ? Words::tr("%1 relative to %2").arg(label, baseline_.name()) : label;
}

QString ShownMetric::title() const {
  return is_relative() ? label() : QCoreApplication::translate("Metric", metric().title);
}

const reports::Record* ShownMetric::base_of(const LoadedRun& run, const reports::Record& record) const {
  const Baseline::Counterpart* base = baseline_.find(run, record);
  const auto value = base ? metric_value(metric(), *base->record) : std::nullopt;
  return value && *value > 0 ? base->record : nullptr;
}

std::optional<double> ShownMetric::value(const LoadedRun& run, const reports::Record& record) const {
  const auto value = metric_value(metric(), record);
  if (!is_relative() || !value) return value;
  const reports::Record* base = base_of(run, record);
  return base ? std::optional(*value / *metric_value(metric(), *base)) : std::nullopt;
}

std::optional<plot::Range> ShownMetric::interval(const LoadedRun& run, const reports::Record& record) const {
  const auto own = metric_interval(metric(), record, options_.source);
  if (!is_relative() || !own) return own;
  const reports::Record* base = base_of(run, record);
  if (!base || base == &record) return std::nullopt;
  if (options_.source == IntervalSource::spread) {
    const double by = *metric_value(metric(), *base);
    return plot::Range{own->lo / by, own->hi / by};
  }
  reports::ComparisonSettings settings;
  settings.metric = reports::find_column(metric().column);
  const auto interval = reports::compare_case(*base, record, settings).interval;
  if (!interval || interval->lo <= 0) return std::nullopt;
  return metric().reciprocal_of == 0 ? plot::Range{interval->lo, interval->hi}
                                     : plot::Range{1 / interval->hi, 1 / interval->lo};
}

}  // namespace attnscope::gui::model
