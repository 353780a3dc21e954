#include "gui/model/tradeoff_scene.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>

#include "reports/statistics.h"

namespace attnscope::gui::model {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("model::TradeoffScene", text); }

std::optional<double> value_of(const reports::Record& record, std::string_view column_name) {
  const reports::Column* column = column_name.empty() ? nullptr : reports::find_column(column_name);
  return column ? reports::number(record, *column) : std::nullopt;
}

std::optional<plot::Range> interval_of(const reports::Record& record, const ViewOptions& options) {
  const Metric& metric = *options.metric;
  const bool spread = options.source == IntervalSource::spread;
  const auto lo = value_of(record, spread ? metric.spread_lo : metric.confidence_lo);
  const auto hi = value_of(record, spread ? metric.spread_hi : metric.confidence_hi);
  return lo && hi ? std::optional(plot::Range{*lo, *hi}) : std::nullopt;
}

QString reason_of(const reports::Record& record) {
  const std::string_view status = reports::to_string(record.status);
  QString text = QString::fromUtf8(status.data(), static_cast<qsizetype>(status.size()));
  if (!record.status_reason.empty()) text += QStringLiteral(": ") + QString::fromStdString(record.status_reason);
  return text;
}

// Two points always lie on a power law; from three on the exponent says something.
QString exponent_of(const plot::Curve& curve) {
  std::vector<double> x, y;
  for (const plot::CurvePoint& point : curve.points) {
    if (point.x <= 0 || point.y <= 0) continue;
    x.push_back(point.x);
    y.push_back(point.y);
  }
  if (x.size() < 3) return {};
  const auto fit = reports::fit_power_law(x, y);
  return fit ? QStringLiteral("n^%1").arg(fit->exponent, 0, 'f', 2) : QString();
}

plot::Curve curve_of(const Series& series, const StyleBook& styles, const ViewOptions& options) {
  plot::Curve curve;
  curve.name = series.name();
  curve.group = series.group;
  curve.style = series.style;
  curve.slot = styles.slot(series.variant);
  curve.marker = styles.marker(series.variant, series.params);
  // A dash that nothing explains would only disturb: where all series share a style, lines are solid.
  curve.dash = series.style.isEmpty() ? plot::Dash::solid : styles.dash(series.style_key);
  curve.visible = series.visible;
  for (const SeriesPoint& point : series.points) {
    if (!is_failure(point.record->status)) {
      const auto value = value_of(*point.record, options.metric->column);
      if (!value) continue;
      const bool imprecise =
          point.record->status == reports::Status::unstable || point.record->status == reports::Status::throttled;
      curve.points.push_back({point.n, *value, interval_of(*point.record, options), imprecise, point.key.packed()});
    }
  }
  if (options.fits) curve.note = exponent_of(curve);
  if (options.end_labels)
    curve.end_label = curve.note.isEmpty() ? series.group : series.group + QStringLiteral("  ") + curve.note;
  return curve;
}

void add_failures(plot::PlotScene& scene, const Series& series, const StyleBook& styles) {
  for (const SeriesPoint& point : series.points) {
    if (!is_failure(point.record->status)) continue;
    scene.failed.push_back({point.n, series.name(), series.group, reason_of(*point.record), styles.slot(series.variant),
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
  plot::PlotScene scene;
  const QString metric_title = QCoreApplication::translate("Metric", metric.title);
  scene.identity = QStringLiteral("tradeoff/%1/%2/%3")
                       .arg(QLatin1String(metric.id))
                       .arg(static_cast<int>(options.x_scale))
                       .arg(options.linear_y);
  scene.title = tr("%1 over sequence length").arg(QCoreApplication::translate("Metric", metric.label));
  scene.x = {options.x_scale, {}, tr("sequence length N (tokens)"), plot::Quantity::count};
  scene.y = {options.linear_y ? plot::Scale::linear : metric.scale, {}, metric_title, metric.quantity};
  scene.intervals = options.intervals;
  scene.end_labels = options.end_labels;
  scene.grid = options.grid;

  const std::vector<Series> all = group_series(input.runs, input.visibility);
  for (const Series& series : all) {
    plot::Curve curve = curve_of(series, input.styles, options);
    if (!curve.points.empty()) scene.curves.push_back(std::move(curve));
    add_failures(scene, series, input.styles);
  }
  scene.caption = caption_of(scene, all, options);
  scene.empty_message = all.empty()
                            ? tr("Nothing matches the filter. Clear it, or switch variants back on in the list.")
                            : tr("No visible case has a value for this metric.");
  plot::fit_axes(scene);
  return scene;
}

}  // namespace attnscope::gui::model
