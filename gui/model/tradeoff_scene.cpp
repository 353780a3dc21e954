#include "gui/model/tradeoff_scene.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>

#include "reports/statistics.h"

namespace attnscope::gui::model {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("model::TradeoffScene", text); }

QString reason_of(const reports::Record& record) {
  const std::string_view status = reports::to_string(record.status);
  QString text = QString::fromUtf8(status.data(), static_cast<qsizetype>(status.size()));
  if (!record.status_reason.empty()) text += QStringLiteral(": ") + QString::fromStdString(record.status_reason);
  return text;
}

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
  return tr("claimed %1").arg(growth);
}

plot::Curve curve_of(const Series& series, const StyleBook& styles, const StyleBook& dashes, const ViewOptions& options,
                     const QString& base) {
  plot::Curve curve;
  curve.name = series.name();
  curve.group = series.group;
  curve.style = series.style;
  curve.slot = styles.slot(series.variant);
  curve.marker = styles.marker(series.variant, series.params);
  // A dash that nothing explains would only disturb: where all series share a style, lines are solid.
  curve.dash = series.style.isEmpty() ? plot::Dash::solid : dashes.dash(series.style_key);
  curve.visible = series.visible;
  for (const SeriesPoint& point : series.points) {
    if (!is_failure(point.record->status)) {
      const auto value = metric_value(*options.metric, *point.record);
      if (!value) continue;
      const bool imprecise =
          point.record->status == reports::Status::unstable || point.record->status == reports::Status::throttled;
      curve.points.push_back({point.x, *value, metric_interval(*options.metric, *point.record, options.source),
                              imprecise, point.key.packed()});
    }
  }
  if (options.fits) curve.note = exponent_of(curve, base);
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
    scene.failed.push_back({point.x, series.name(), series.group, reason_of(*point.record), styles.slot(series.variant),
                            series.visible, point.key.packed()});
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
    const QString shape = options.intervals == plot::IntervalStyle::band ? tr("band") : tr("bars");
    parts << shape + QStringLiteral(": ") +
                 (options.source == IntervalSource::confidence ? tr("95 % interval of the median")
                                                               : tr("5th to 95th percentile"));
  }
  if (!scene.clouds.empty()) parts << tr("dots: single samples");
  if (any_point([](const plot::CurvePoint& p) { return p.hollow; })) parts << tr("hollow: unstable");
  if (const std::size_t count = plot::undrawable_count(scene)) {
    parts << tr("%1 points not drawable on a log axis").arg(count);
  }
  parts.removeAll(QString());
  return parts.join(QStringLiteral("; "));
}

}  // namespace

bool is_failure(reports::Status status) {
  using reports::Status;
  return status == Status::oom || status == Status::oom_predicted || status == Status::timeout ||
         status == Status::crashed || status == Status::wrong;
}

plot::PlotScene build_tradeoff(const ViewInput& input, const ViewOptions& options) {
  const Metric& metric = *options.metric;
  const CaseAxis along = CaseAxis::find(options.over).value_or(CaseAxis());
  plot::PlotScene scene;
  scene.identity = QStringLiteral("tradeoff/%1/%2/%3/%4")
                       .arg(QLatin1String(metric.id), along.id())
                       .arg(static_cast<int>(options.x_scale))
                       .arg(options.linear_y);
  scene.title = tr("%1 over %2").arg(QCoreApplication::translate("Metric", metric.label), along.name());
  scene.x = {options.x_scale, {}, along.title(), along.quantity()};
  scene.y = {options.linear_y ? plot::Scale::linear : metric.scale,
             {},
             QCoreApplication::translate("Metric", metric.title),
             metric.quantity};
  scene.intervals = options.intervals;
  scene.end_labels = options.end_labels;
  scene.grid = options.grid;

  const std::vector<Series> all = group_series(input.runs, input.visibility, along);
  // Series along another axis have styles that the book has never seen.
  StyleBook dashes = along.is_length() ? input.styles : StyleBook();
  dashes.learn(all);
  for (const Series& series : all) {
    plot::Curve curve =
        curve_of(series, input.styles, dashes, options, along.is_length() ? QStringLiteral("n") : along.name());
    if (along.is_length()) curve.claim = claim_of(series, input, metric);
    if (!curve.points.empty()) scene.curves.push_back(std::move(curve));
    add_failures(scene, series, input.styles);
    if (!options.samples) continue;
    plot::Cloud cloud = samples_of(series, input.styles, metric);
    if (!cloud.points.empty()) scene.clouds.push_back(std::move(cloud));
  }
  scene.caption = caption_of(scene, all, options);
  scene.empty_message = all.empty()
                            ? tr("Nothing matches the filter. Clear it, or switch variants back on in the list.")
                            : tr("No visible case has a value for this metric.");
  plot::fit_axes(scene);
  return scene;
}

}  // namespace attnscope::gui::model
