#include "gui/model/crossover_scene.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "gui/model/crossover_matrix.h"
#include "gui/model/crossovers.h"
#include "gui/model/status_text.h"

namespace attnscope::gui::model {
namespace {

using plot::PlotScene;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::CrossoverScene)
};

struct Row {
  const Series* series;
  reports::Crossover crossover;
};

// The record of the series at this length, or the next longer one that it has.
std::uint64_t key_at(const Series& series, double n) {
  const SeriesPoint* chosen = &series.points.back();
  for (auto point = series.points.rbegin(); point != series.points.rend() && point->n >= n; ++point) chosen = &*point;
  return chosen->key.packed();
}

// Of all series that can be compared with one of the baseline variant; the earliest to be cheaper first.
std::vector<Row> rows_against(const QString& baseline, std::span<const Series> all, const Metric& metric,
                              QStringList& without_counterpart) {
  std::vector<Row> rows;
  for (const Series& series : all) {
    if (!series.visible || series.variant == baseline) continue;
    const auto base = std::find_if(all.begin(), all.end(), [&](const Series& other) {
      return other.variant == baseline && are_comparable(series, other);
    });
    if (base == all.end()) {
      without_counterpart << series.group;
      continue;
    }
    rows.push_back({&series, reports::find_crossover(cost_curve(series, metric), cost_curve(*base, metric))});
    if (!is_decided(rows.back().crossover)) rows.pop_back();
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return share_cheaper(a.crossover) > share_cheaper(b.crossover); });
  return rows;
}

class Chart {
 public:
  Chart(const ViewInput& input, const ViewOptions& options) : input_(input), options_(options) {}

  PlotScene build() {
    const std::vector<Series> all = group_series(input_.runs, input_.visibility);
    const QString metric = QCoreApplication::translate("Metric", options_.metric->label);
    const QString& baseline = options_.baseline_variant;
    scene_.identity = QStringLiteral("crossover/%1/%2").arg(QLatin1String(options_.metric->id), baseline);
    scene_.title = Words::tr("%1: at which N better than %2?").arg(metric, baseline);
    scene_.x = {plot::Scale::log2, {}, Words::tr("sequence length N (tokens)"), plot::Quantity::count};
    scene_.y.scale = plot::Scale::category;
    scene_.grid = options_.grid;
    scene_.intervals = plot::IntervalStyle::none;
    scene_.empty_message = Words::tr("No visible variant can be compared with %1.").arg(baseline);
    QStringList without;
    const std::vector<Row> rows = rows_against(baseline, all, *options_.metric, without);
    if (rows.empty()) return std::move(scene_);
    std::vector<const Series*> shown;
    for (const Row& row : rows) shown.push_back(row.series);
    usual_ = usual_style(shown);
    for (std::size_t i = 0; i < rows.size(); ++i) add_row(rows[i], static_cast<int>(rows.size() - 1 - i));
    scene_.x.range = plot::padded(plot::Scale::log2, extent_, 0.04);
    scene_.y.range = scene_.y.whole_categories();
    scene_.caption = caption(all, without);
    return std::move(scene_);
  }

 private:
  void widen(double n) { extent_ = {std::min(extent_.lo, n), std::max(extent_.hi, n)}; }

  void add_row(const Row& row, int place) {
    const Series& series = *row.series;
    scene_.y.categories.prepend(Words::tr("%1: %2").arg(short_name(series, usual_), short_text(row.crossover)));
    if (row.crossover.lengths > 0) {
      widen(row.crossover.shortest);
      widen(row.crossover.longest);
    }
    const QString remark = long_text(row.crossover, series.group, options_.baseline_variant);
    const auto add_bar = [&](const plot::Range& lengths) -> plot::Cell& {
      plot::Cell cell;
      cell.area = QRectF(QPointF(lengths.lo, place - half_bar), QPointF(lengths.hi, place + half_bar));
      cell.slot = input_.styles.slot(series.variant);
      cell.name = series.name() + QLatin1Char('\n') + remark;
      cell.key = key_at(series, lengths.lo);
      return scene_.cells.emplace_back(std::move(cell));
    };
    for (const plot::Range& range : ranges_cheaper(row.crossover)) add_bar(range);
    for (const reports::Dropout& dropout : row.crossover.dropouts) {
      plot::Cell& bar = add_bar({dropout.from, dropout.to * beyond_dropout});
      bar.text = status_letter(dropout.status);
      if (dropout.a_drops_out) bar.slot = plot::neutral_slot;
      widen(dropout.from);
      widen(dropout.to * beyond_dropout);
      has_dropouts_ = true;
    }
    plot::Curve curve = input_.styles.cloud(series);
    for (const reports::Crossing& crossing : row.crossover.crossings) {
      curve.points.push_back(point_at(series, crossing.n, place, remark, crossing.support < 0.95));
      if (crossing.interval.hi > crossing.interval.lo) add_interval(crossing.interval, place);
    }
    if (row.crossover.extrapolated) {
      const double n = row.crossover.extrapolated->n;
      widen(n);
      curve.points.push_back(point_at(series, n, place, remark, true));
      has_extrapolated_ = true;
    }
    if (!curve.points.empty()) scene_.curves.push_back(std::move(curve));
  }

  static plot::CurvePoint point_at(const Series& series, double n, int place, const QString& remark, bool hollow) {
    plot::CurvePoint point;
    point.x = n;
    point.y = place;
    point.hollow = hollow;
    point.key = key_at(series, n);
    point.remark = remark;
    return point;
  }

  void add_interval(const reports::Interval& interval, int place) {
    plot::ReferenceLine line;
    line.kind = plot::ReferenceLine::Kind::segment;
    line.from = QPointF(interval.lo, place + above_bar);
    line.to = QPointF(interval.hi, place + above_bar);
    line.dash = plot::Dash::solid;
    scene_.reference_lines.push_back(line);
    widen(interval.lo);
    widen(interval.hi);
  }

  QString caption(std::span<const Series> all, QStringList without) const {
    QStringList parts{
        common_axes(all),
        Words::tr(
            "bar: lengths at which the variant is better; marker: crossing, the line above it the 95 % interval")};
    if (has_dropouts_) {
      parts << Words::tr(
                   "after a gap, with M, T or C: from there on %1 is out of memory, timed out or crashed; grey: the "
                   "variant "
                   "itself")
                   .arg(options_.baseline_variant);
    }
    if (has_extrapolated_) parts << Words::tr("hollow outside the bars: extrapolated from fitted models, not measured");
    if (!usual_.isEmpty()) parts << Words::tr("unless named: %1").arg(usual_.join(QStringLiteral(", ")));
    without.removeDuplicates();
    if (!without.isEmpty())
      parts << Words::tr("no comparable case of %1: %2")
                   .arg(options_.baseline_variant, without.join(QStringLiteral(", ")));
    parts.removeAll(QString());
    return parts.join(QStringLiteral("; "));
  }

  static constexpr double half_bar = 0.16, above_bar = 0.3;  // in rows
  // A dropout holds from its length on, not at it alone.
  static constexpr double beyond_dropout = 1.4;

  const ViewInput& input_;
  const ViewOptions& options_;
  QStringList usual_;
  plot::Range extent_{std::numeric_limits<double>::infinity(), 0};
  bool has_extrapolated_ = false, has_dropouts_ = false;
  plot::PlotScene scene_;
};

}  // namespace

PlotScene build_crossover(const ViewInput& input, const ViewOptions& options) {
  return options.baseline_variant.isEmpty() ? CrossoverMatrix(input, options).scene() : Chart(input, options).build();
}

CellChoice crossover_choice(const ViewInput& input, const plot::PlotScene& scene, PointKey key) {
  if (!is_cell_key(key)) return {};  // a bar against a baseline is of a case
  const auto cell =
      std::find_if(scene.cells.begin(), scene.cells.end(), [&](const plot::Cell& c) { return c.key == key.packed(); });
  if (cell == scene.cells.end()) return {};
  const QPointF centre = cell->area.center();
  ChosenPair pair{{scene.y.text(centre.y()), scene.x.text(centre.x())}, {}};
  for (const Series& series : group_series(input.runs, input.visibility)) {
    if (pair.groups.contains(series.group)) pair.variants << series.variant;
  }
  return {pair, {}};
}

}  // namespace attnscope::gui::model
