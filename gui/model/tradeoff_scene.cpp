#include "gui/model/tradeoff_scene.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>

#include "gui/model/crossing_marks.h"
#include "gui/model/shown_metric.h"
#include "gui/model/status_text.h"
#include "reports/statistics.h"

namespace attnscope::gui::model {
namespace {

using plot::PlotScene;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::TradeoffScene)
};

// Two points always lie on a power law; from three on the exponent says something.
QString exponent_of(const plot::Curve& curve, const QString& base) {
  std::vector<double> x, y;
  for (const plot::CurvePoint& point : curve.points) {
    if (point.x <= 0 || point.y <= 0) continue;
    x.push_back(point.x);
    y.push_back(point.y);
  }
  if (x.size() < 3) return {};
  const auto fit = reports::fit_power_law(x, y);
  return fit ? QStringLiteral("%1^%2").arg(base).arg(fit->exponent, 0, 'f', 2) : QString();
}

// What the survey says of the growth, for metrics that it speaks of: "claimed N log N".
QString claim_of(const Series& series, const ViewInput& input, const Metric& metric) {
  const reports::ModelCard* card = reports::find_card(input.cards, series.variant.toStdString());
  if (!card || !metric.is_claimed || card->complexity.empty()) return {};
  QString growth = QString::fromStdString(card->complexity);
  if (growth.startsWith(QLatin1String("O(")) && growth.endsWith(QLatin1Char(')'))) growth = growth.mid(2).chopped(1);
  return Words::tr("claimed %1").arg(growth);
}

// What all curves of one scene have in common.
struct Context {
  const ViewInput& input;
  const ViewOptions& options;
  CaseAxis along;
  ShownMetric metric;
  StyleBook dashes;
};

bool is_imprecise(const reports::Record& record) {
  return record.status == reports::Status::unstable || record.status == reports::Status::throttled;
}

plot::Curve curve_of(const Series& series, const Context& context) {
  const ViewOptions& options = context.options;
  const StyleBook& styles = context.input.styles;
  const ShownMetric& metric = context.metric;
  plot::Curve curve;
  curve.name = series.name();
  curve.group = series.group;
  curve.style = series.style;
  curve.slot = styles.slot(series.variant);
  curve.marker = styles.marker(series.variant, series.params);
  // A dash that nothing explains would only disturb: where all series share a style, lines are solid.
  curve.dash = series.style.isEmpty() ? plot::Dash::solid : context.dashes.dash(series.style_key);
  curve.visible = series.visible;
  for (const SeriesPoint& point : series.points) {
    if (!is_failure(point.record->status)) {
      const auto value = metric.value(*series.run, *point.record);
      if (!value) continue;
      const bool is_hollow = is_imprecise(*point.record) || series.run->is_being_written;
      curve.points.push_back(
          {point.x, *value, metric.interval(*series.run, *point.record), is_hollow, point.key.packed()});
    }
  }
  const bool over_length = context.along.is_length();
  if (options.fits) curve.note = exponent_of(curve, over_length ? QStringLiteral("n") : context.along.name());
  if (over_length && !metric.is_relative()) curve.claim = claim_of(series, context.input, metric.metric());
  if (options.end_labels)
    curve.end_label = curve.note.isEmpty() ? series.group : series.group + QStringLiteral("  ") + curve.note;
  return curve;
}

plot::Cloud samples_of(const Series& series, const StyleBook& styles, const Metric& metric) {
  plot::Cloud cloud;
  cloud.slot = styles.slot(series.variant);
  cloud.visible = series.visible;
  for (const SeriesPoint& point : series.points) {
    for (const double sample : metric_samples(metric, *point.record)) cloud.points.push_back({point.x, sample});
  }
  return cloud;
}

void add_failures(plot::PlotScene& scene, const Series& series, const StyleBook& styles) {
  for (const SeriesPoint& point : series.points) {
    if (!is_failure(point.record->status)) continue;
    scene.failed.push_back({point.x, series.name(), series.group, status_reason(*point.record),
                            styles.slot(series.variant), series.visible, point.key.packed()});
  }
}

QString caption_of(const plot::PlotScene& scene, std::span<const Series> series, const ViewOptions& options) {
  QStringList parts{common_axes(series)};
  const auto any_point = [&](auto&& holds) {
    return std::any_of(scene.curves.begin(), scene.curves.end(), [&](const plot::Curve& curve) {
      return curve.visible && std::any_of(curve.points.begin(), curve.points.end(), holds);
    });
  };
  if (options.intervals != plot::IntervalStyle::none &&
      any_point([](const plot::CurvePoint& p) { return p.interval.has_value(); })) {
    const QString shape = options.intervals == plot::IntervalStyle::band ? Words::tr("band") : Words::tr("bars");
    const QString confidence =
        options.relative ? Words::tr("95 % interval of the ratio") : Words::tr("95 % interval of the median");
    parts << shape + QStringLiteral(": ") +
                 (options.source == IntervalSource::confidence ? confidence : Words::tr("5th to 95th percentile"));
  }
  if (!scene.clouds.empty()) parts << Words::tr("dots: single samples");
  const auto any_measured = [&](auto&& holds) {
    return std::any_of(series.begin(), series.end(), [&](const Series& s) {
      return s.visible && std::any_of(s.points.begin(), s.points.end(), [&](const SeriesPoint& p) {
               return reports::has_measurement(p.record->status) && holds(s, *p.record);
             });
    });
  };
  if (any_measured([](const Series&, const reports::Record& record) { return is_imprecise(record); }))
    parts << Words::tr("hollow: unstable");
  if (any_measured([](const Series& s, const reports::Record&) { return s.run->is_being_written; }))
    parts << Words::tr("hollow: the run goes on");
  if (const std::size_t count = plot::undrawable_count(scene)) {
    parts << Words::tr("%1 points not drawable on a log axis").arg(count);
  }
  parts.removeAll(QString());
  return parts.join(QStringLiteral("; "));
}

}  // namespace

PlotScene build_tradeoff(const ViewInput& input, const ViewOptions& options) {
  Context context{input, options, CaseAxis::find(options.over).value_or(CaseAxis()), ShownMetric(input, options), {}};
  const CaseAxis& along = context.along;
  const ShownMetric& metric = context.metric;
  plot::PlotScene scene;
  scene.identity = QStringLiteral("tradeoff/%1/%2/%3/%4")
                       .arg(metric.label(), along.id())
                       .arg(static_cast<int>(options.x_scale))
                       .arg(options.linear_y);
  scene.title = Words::tr("%1 over %2").arg(metric.label(), along.name());
  scene.x = {options.x_scale, {}, along.title(), along.quantity()};
  scene.y = {options.linear_y ? plot::Scale::linear : metric.scale(), {}, metric.title(), metric.quantity()};
  scene.intervals = options.intervals;
  scene.end_labels = options.end_labels;
  scene.grid = options.grid;

  const std::vector<Series> all = group_series(input.runs, input.visibility, along);
  // Series along another axis have styles that the book has never seen.
  if (along.is_length()) context.dashes = input.styles;
  context.dashes.learn(all);
  for (const Series& series : all) {
    plot::Curve curve = curve_of(series, context);
    if (!curve.points.empty()) scene.curves.push_back(std::move(curve));
    add_failures(scene, series, input.styles);
    if (!options.samples || metric.is_relative()) continue;
    plot::Cloud cloud = samples_of(series, input.styles, metric.metric());
    if (!cloud.points.empty()) scene.clouds.push_back(std::move(cloud));
  }
  if (metric.is_relative()) {
    plot::ReferenceLine one;
    one.from = QPointF(0, 1);
    scene.reference_lines.push_back(one);
  }
  scene.caption = caption_of(scene, all, options);
  if (along.is_length()) mark_crossings(scene, all, options, input.visibility.pair());
  scene.empty_message = empty_message(all, Words::tr("No visible case has a value for this metric."));
  plot::fit_axes(scene);
  return scene;
}

}  // namespace attnscope::gui::model
