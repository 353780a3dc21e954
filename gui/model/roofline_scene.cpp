#include "gui/model/roofline_scene.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "gui/model/baseline.h"
#include "gui/model/series.h"
#include "reports/markdown.h"
#include "reports/roofline.h"

namespace attnscope::gui::model {
namespace {

using plot::PlotScene;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::RooflineScene)
};

QString rate_text(double value, reports::Unit unit) {
  return QString::fromStdString(reports::format_quantity(value, unit));
}

struct Place {
  double intensity, rate;
};

// Nothing for cases that were not measured, or do no floating-point work.
std::optional<Place> place_of(const reports::Record& record) {
  const bool usable = record.status != reports::Status::wrong && record.arithmetic_intensity && record.flop_per_s;
  if (!usable || !(*record.arithmetic_intensity > 0) || !(*record.flop_per_s > 0)) return std::nullopt;
  return Place{*record.arithmetic_intensity, *record.flop_per_s};
}

std::optional<reports::Ceilings> ceilings_of(const reports::Record& record) {
  const bool known = record.peak_flop_per_s.value_or(0) > 0 && record.peak_bytes_per_s.value_or(0) > 0;
  if (!known) return std::nullopt;
  return reports::Ceilings{*record.peak_flop_per_s, *record.peak_bytes_per_s};
}

QString distance_text(const reports::Record& record, const Place& place) {
  const auto ceilings = ceilings_of(record);
  if (!ceilings) return Words::tr("no ceilings recorded");
  const double attainable = reports::attainable_flop_per_s(*ceilings, place.intensity);
  const double factor = attainable / place.rate;
  const bool by_memory = reports::bound_at(*ceilings, place.intensity) == reports::Bound::memory;
  const QString roof =
      by_memory ? Words::tr("memory, %1").arg(rate_text(ceilings->bytes_per_s, reports::Unit::bytes_per_second))
                : Words::tr("computing, %1").arg(rate_text(ceilings->flop_per_s, reports::Unit::flop_per_second));
  const QString text = factor >= 1 ? Words::tr("×%1 below the roof (%2)") : Words::tr("×%1 above the roof (%2)");
  return text.arg(std::max(factor, 1 / factor), 0, 'g', 3).arg(roof);
}

// Which cases share a computing ceiling: "f32 · 2 threads · cpu".
QString machine_text(const reports::Record& record) {
  QStringList parts{QString::fromStdString(record.dtype)};
  if (record.threads)
    parts << (*record.threads == 1 ? Words::tr("1 thread") : Words::tr("%1 threads").arg(*record.threads));
  parts << QString::fromStdString(record.device);
  parts.removeAll(QString());
  return parts.join(QStringLiteral(" · "));
}

class Builder {
 public:
  Builder(const ViewInput& input, const ViewOptions& options)
      : input_(input), options_(options), baseline_(input.runs, options) {}

  PlotScene build() {
    const std::vector<Series> all = group_series(input_.runs, input_.visibility);
    scene_.identity = QStringLiteral("roofline");
    scene_.title = Words::tr("Rate over arithmetic intensity");
    scene_.x = {plot::Scale::log2, {}, Words::tr("arithmetic intensity (FLOP/byte)"), plot::Quantity::plain};
    scene_.y = {plot::Scale::log10, {}, Words::tr("rate (FLOP/s)"), plot::Quantity::per_second};
    scene_.grid = options_.grid;
    scene_.end_labels = options_.end_labels;
    scene_.intervals = plot::IntervalStyle::none;
    scene_.empty_message =
        empty_message(all, Words::tr("No visible case has both a rate and an arithmetic intensity."));
    for (const Series& series : all) add_path(series);
    if (scene_.curves.empty()) return std::move(scene_);
    if (low_.x() > high_.x()) return std::move(scene_);  // all hidden
    add_roofs();
    scene_.x.range = plot::padded(plot::Scale::log2, {low_.x(), high_.x()}, 0.04);
    scene_.y.range = plot::padded(plot::Scale::log10, {low_.y(), high_.y()}, 0.05);
    scene_.caption = caption(all);
    return std::move(scene_);
  }

 private:
  void widen(double x, double y) {
    low_ = {std::min(low_.x(), x), std::min(low_.y(), y)};
    high_ = {std::max(high_.x(), x), std::max(high_.y(), y)};
  }

  void add_path(const Series& series) {
    plot::Curve curve;
    curve.name = series.name();
    curve.group = series.group;
    curve.style = series.style;
    curve.slot = input_.styles.slot(series.variant);
    curve.marker = input_.styles.marker(series.variant, series.params);
    curve.dash = series.style.isEmpty() ? plot::Dash::solid : input_.styles.dash(series.style_key);
    curve.visible = series.visible;
    if (options_.end_labels) curve.end_label = series.group;
    for (const SeriesPoint& point : series.points) {
      const auto place = place_of(*point.record);
      if (!place) continue;
      plot::CurvePoint dot;
      dot.x = place->intensity;
      dot.y = place->rate;
      dot.hollow = point.record->status != reports::Status::ok;
      dot.key = point.key.packed();
      dot.remark = Words::tr("N = %1; %2")
                       .arg(plot::format_tick(plot::Quantity::count, point.n), distance_text(*point.record, *place));
      curve.points.push_back(std::move(dot));
      if (!series.visible) continue;
      widen(place->intensity, place->rate);
      add_ceilings(*point.record);
      add_arrow(series, *point.record, *place);
    }
    if (!curve.points.empty()) scene_.curves.push_back(std::move(curve));
  }

  void add_ceilings(const reports::Record& record) {
    const auto ceilings = ceilings_of(record);
    if (!ceilings) {
      ++without_ceilings_;
      return;
    }
    auto& machine = roofs_[{ceilings->flop_per_s, machine_text(record)}];
    machine.insert(ceilings->bytes_per_s);
    sources_.insert(QString::fromStdString(record.peak_source));
  }

  // From where the baseline run was to where the case is.
  void add_arrow(const Series& series, const reports::Record& record, const Place& place) {
    if (baseline_.compares_variants()) return;
    const Baseline::Counterpart* base = baseline_.find(*series.run, record);
    if (base == nullptr || base->record == &record) return;
    const auto from = place_of(*base->record);
    if (!from) return;
    plot::ReferenceLine arrow;
    arrow.kind = plot::ReferenceLine::Kind::segment;
    arrow.from = QPointF(from->intensity, from->rate);
    arrow.to = QPointF(place.intensity, place.rate);
    const double percent = 100 * (place.rate / from->rate - 1);
    arrow.label = Words::tr("%1%2 %")
                      .arg(percent < 0 ? QStringLiteral("−") : QStringLiteral("+"))
                      .arg(std::abs(percent), 0, 'f', 0);
    arrow.slot = input_.styles.slot(series.variant);
    arrow.arrow = true;
    scene_.reference_lines.push_back(arrow);
    widen(from->intensity, from->rate);
  }

  // Each slope from the left edge to its ridge, and the level ceiling from the first ridge on.
  void add_roofs() {
    const auto segment = [&](QPointF from, QPointF to, const QString& label, plot::Dash dash) {
      plot::ReferenceLine line;
      line.kind = plot::ReferenceLine::Kind::segment;
      line.from = from;
      line.to = to;
      line.label = label;
      line.dash = dash;
      scene_.reference_lines.push_back(line);
    };
    for (const auto& [machine, bandwidths] : roofs_) {
      for (const double bytes_per_s : bandwidths) widen(machine.first / bytes_per_s, machine.first);
    }
    // Well beyond the frame, so that roofs reach its edges until one zooms far out.
    const double left = low_.x() / 64, right = high_.x() * 64;
    for (const auto& [machine, bandwidths] : roofs_) {
      const double peak = machine.first;
      for (const double bytes_per_s : bandwidths) {
        const double ridge = reports::ridge_intensity({peak, bytes_per_s});
        segment({left, left * bytes_per_s}, {ridge, peak}, slope_label(bandwidths, bytes_per_s), plot::Dash::solid);
      }
      const double slowest = reports::ridge_intensity({peak, *bandwidths.begin()});
      const double fastest = reports::ridge_intensity({peak, *bandwidths.rbegin()});
      segment({fastest, peak}, {right, peak},
              Words::tr("%1 (%2)").arg(rate_text(peak, reports::Unit::flop_per_second), machine.second),
              plot::Dash::solid);
      plot::Note note;
      note.at = QPointF(slowest, peak);
      note.text = Words::tr("ridge: %1 FLOP/byte").arg(slowest, 0, 'g', 3);
      scene_.notes.push_back(note);
    }
    widen(high_.x() * 1.5, low_.y());
    widen(low_.x() / 1.5, low_.y());
  }

  // Slopes that nearly coincide share the label of the lowest of them.
  static QString slope_label(const std::set<double>& bandwidths, double bytes_per_s) {
    constexpr double apart = 1.25;
    const auto is_next = [&](double lower, double upper) { return upper / lower < apart; };
    auto at = bandwidths.find(bytes_per_s);
    if (at != bandwidths.begin() && is_next(*std::prev(at), *at)) return {};
    double highest = bytes_per_s;
    for (++at; at != bandwidths.end() && is_next(highest, *at); ++at) highest = *at;
    const QString text = rate_text(bytes_per_s, reports::Unit::bytes_per_second);
    return highest == bytes_per_s
               ? text
               : Words::tr("%1 to %2").arg(text, rate_text(highest, reports::Unit::bytes_per_second));
  }

  QString caption(std::span<const Series> all) const {
    QStringList parts{common_axes(all), Words::tr("paths lead from short to long sequences")};
    QStringList sources(sources_.begin(), sources_.end());
    sources.removeAll(QString());
    if (!roofs_.empty())
      parts << Words::tr("ceilings %1; slopes: bandwidth for the sizes that cases work on")
                   .arg(sources.join(QStringLiteral(", ")));
    if (without_ceilings_ > 0)
      parts << Words::tr("%1 cases without ceilings: attnscope calibrate measures them").arg(without_ceilings_);
    if (baseline_.is_set() && !baseline_.compares_variants())
      parts << Words::tr("arrows: from %1").arg(baseline_.name());
    parts.removeAll(QString());
    return parts.join(QStringLiteral("; "));
  }

  const ViewInput& input_;
  const ViewOptions& options_;
  Baseline baseline_;
  std::map<std::pair<double, QString>, std::set<double>> roofs_;  // bandwidths by computing ceiling and machine
  std::set<QString> sources_;
  int without_ceilings_ = 0;
  QPointF low_{plot::unbounded, plot::unbounded}, high_{0, 0};
  plot::PlotScene scene_;
};

}  // namespace

PlotScene build_roofline(const ViewInput& input, const ViewOptions& options) { return Builder(input, options).build(); }

}  // namespace attnscope::gui::model
