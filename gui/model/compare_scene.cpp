#include "gui/model/compare_scene.h"

#include <QCoreApplication>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "gui/model/environment_text.h"
#include "reports/metric.h"

namespace attnscope::gui::model {
namespace {

using plot::PlotScene;
using reports::Verdict;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::CompareScene)
};

QString from_view(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

// How a verdict looks: never by colour alone.
struct VerdictStyle {
  Verdict verdict;
  int slot;
  plot::Marker marker;
  bool hollow;
};
constexpr std::array verdict_styles{
    VerdictStyle{Verdict::better, 4, plot::Marker::triangle_down, false},
    VerdictStyle{Verdict::worse, 1, plot::Marker::triangle_up, false},
    VerdictStyle{Verdict::changed, 3, plot::Marker::diamond, false},
    VerdictStyle{Verdict::same, plot::neutral_slot, plot::Marker::disc, false},
    VerdictStyle{Verdict::unclear, plot::neutral_slot, plot::Marker::disc, true},
};

const VerdictStyle& style_of(Verdict verdict) {
  const auto found = std::find_if(verdict_styles.begin(), verdict_styles.end(),
                                  [&](const VerdictStyle& style) { return style.verdict == verdict; });
  return found == verdict_styles.end() ? verdict_styles.back() : *found;
}

struct Row {
  const Series* series;
  const ComparedCase* compared;
  QString word;
  bool has_place() const {
    const auto& ratio = compared->comparison.ratio;
    return ratio && *ratio > 0 && std::isfinite(*ratio);
  }
};

// From the bottom of the figure upwards: what has no ratio, then the largest ratios.
std::vector<Row> rows_at(const BaselineComparison& comparison, double n) {
  std::vector<Row> rows;
  for (const ComparedSeries& series : comparison.series) {
    for (const ComparedCase& c : series.cases) {
      if (c.n != n) continue;
      rows.push_back(
          {&series.series, &c, from_view(reports::to_string(c.comparison.verdict, *comparison.settings.metric))});
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    if (a.has_place() != b.has_place()) return !a.has_place();
    return a.has_place() && *a.compared->comparison.ratio > *b.compared->comparison.ratio;
  });
  return rows;
}

QString ratio_text(double ratio) { return plot::format_quantity(plot::Quantity::ratio, ratio); }

QString remark_of(const Row& row, const BaselineComparison& comparison) {
  const reports::CaseComparison& c = row.compared->comparison;
  QStringList lines{row.word +
                    (c.reason.empty() ? QString() : QStringLiteral(": ") + QString::fromStdString(c.reason))};
  if (c.interval && c.interval->hi > c.interval->lo)
    lines
        << Words::tr("95 % interval of the ratio: %1 – %2").arg(ratio_text(c.interval->lo), ratio_text(c.interval->hi));
  const auto value = [&](const reports::Record* record) {
    const auto number = record ? metric_value(*comparison.metric, *record) : std::nullopt;
    return number ? plot::format_quantity(comparison.metric->quantity, *number) : QStringLiteral("–");
  };
  lines << Words::tr("%1, against %2 of %3").arg(value(c.other), value(c.base), comparison.baseline.name());
  if (rests_on_single_processes(c)) lines << Words::tr("one process a side: another may differ by more");
  return lines.join(QLatin1Char('\n'));
}

void add_row(plot::PlotScene& scene, const Row& row, int place, const BaselineComparison& comparison,
             const QString& group, const QStringList& usual) {
  const reports::CaseComparison& c = row.compared->comparison;
  scene.y.categories << Words::tr("%1 – %2").arg(short_name(*row.series, usual), row.word);
  if (!row.has_place()) return;
  const VerdictStyle& style = style_of(c.verdict);
  plot::Curve curve;
  curve.name = row.series->name();
  curve.group = group;
  curve.slot = style.slot;
  curve.marker = style.marker;
  curve.dash = plot::Dash::none;
  plot::CurvePoint point{*c.ratio, static_cast<double>(place), {}, style.hollow, row.compared->key.packed()};
  point.remark = remark_of(row, comparison);
  curve.points.push_back(std::move(point));
  scene.curves.push_back(std::move(curve));
  if (c.interval && c.interval->hi > c.interval->lo) {
    plot::ReferenceLine interval;
    interval.kind = plot::ReferenceLine::Kind::segment;
    interval.from = QPointF(c.interval->lo, place);
    interval.to = QPointF(c.interval->hi, place);
    interval.dash = plot::Dash::solid;
    interval.slot = style.slot;
    scene.reference_lines.push_back(interval);
  }
}

// A field over the whole row, because there is no ratio to show.
void add_field(plot::PlotScene& scene, const Row& row, int place, const BaselineComparison& comparison) {
  plot::Cell cell;
  cell.area = QRectF(QPointF(scene.x.range.lo, place - 0.36), QPointF(scene.x.range.hi, place + 0.36));
  const QString reason = QString::fromStdString(row.compared->comparison.reason);
  cell.text = reason.isEmpty() ? row.word : row.word + QStringLiteral(": ") + reason;
  cell.name = row.series->name() + QLatin1Char('\n') + remark_of(row, comparison);
  cell.key = row.compared->key.packed();
  scene.cells.push_back(std::move(cell));
}

// Between runs as far to the left of 1× as to the right; between variants, where all may lie on one side, as far as
// there is something.
void fit_around_one(plot::PlotScene& scene, bool symmetric) {
  double lo = -0.25, hi = 0.25;  // binary logarithms
  const auto add = [&](double ratio) {
    lo = std::min(lo, std::log2(ratio));
    hi = std::max(hi, std::log2(ratio));
  };
  for (const plot::Curve& curve : scene.curves) add(curve.points.front().x);
  for (const plot::ReferenceLine& line : scene.reference_lines) {
    add(line.from.x());
    add(line.to.x());
  }
  if (symmetric) hi = std::max(hi, -lo), lo = -hi;
  scene.x.range = plot::padded(plot::Scale::log2, {std::exp2(lo), std::exp2(hi)}, 0.04);
  scene.y.range = scene.y.whole_categories();
}

void add_scale_marks(plot::PlotScene& scene, const BaselineComparison& comparison) {
  const double limit = 1 + comparison.settings.min_effect;
  plot::Region same;
  same.x = {1 / limit, limit};
  scene.regions.push_back(same);
  plot::ReferenceLine one;
  one.kind = plot::ReferenceLine::Kind::vertical;
  one.from = QPointF(1, 0);
  one.dash = plot::Dash::solid;
  scene.reference_lines.push_back(one);
}

QString x_title(const BaselineComparison& comparison, const QString& metric) {
  const reports::Column& column = *comparison.settings.metric;
  const QString better = from_view(reports::word_for_better(column)),
                worse = from_view(reports::word_for_worse(column));
  const bool low_is_better = !high_is_better(*comparison.metric);
  return Words::tr("← %1      %2, ratio to %3      %4 →")
      .arg(low_is_better ? better : worse, metric, comparison.baseline.name(), low_is_better ? worse : better);
}

QString counts_text(const BaselineComparison& comparison) {
  QStringList counts;
  for (const VerdictCount& count : count_verdicts(comparison))
    counts << QStringLiteral("%1 %2").arg(count.cases).arg(count.word);
  return Words::tr("at all lengths: %1").arg(counts.join(QStringLiteral(", ")));
}

QString caption_of(const ViewInput& input, const BaselineComparison& comparison, bool was_chosen,
                   std::span<const Series> all) {
  QStringList parts;
  if (comparison.baseline.run() != 0) parts << environment_text(input.runs, comparison.baseline.run());
  parts << common_axes(all) << counts_text(comparison)
        << Words::tr("shaded: no difference, within ±%1 %").arg(100 * comparison.settings.min_effect);
  if (comparison.without_counterpart > 0)
    parts << Words::tr("%1 cases have no counterpart of %2")
                 .arg(comparison.without_counterpart)
                 .arg(comparison.baseline.name());
  if (!was_chosen) parts << Words::tr("no baseline was chosen: %1 is taken").arg(comparison.baseline.name());
  parts.removeAll(QString());
  return parts.join(QStringLiteral("; "));
}

}  // namespace

ViewOptions with_some_baseline(const ViewInput& input, ViewOptions options) {
  if (Baseline(input.runs, options).is_set()) return options;
  options.baseline_run = 0;
  options.baseline_variant.clear();
  if (input.runs.size() > 1) {
    options.baseline_run = input.runs.front().id;
    return options;
  }
  const auto rank = [&](const std::string& variant) { return reports::find_card(input.cards, variant); };
  const reports::Record* chosen = nullptr;
  for (const LoadedRun& run : input.runs) {
    for (const reports::Record& record : run.run.records) {
      if (record.family != "exact") continue;
      const reports::ModelCard* card = rank(record.variant);
      if (chosen == nullptr || (card != nullptr && card < rank(chosen->variant))) chosen = &record;
    }
  }
  if (chosen != nullptr) options.baseline_variant = QString::fromStdString(chosen->variant);
  return options;
}

PlotScene build_compare(const ViewInput& input, const ViewOptions& options) {
  const ViewOptions against = with_some_baseline(input, options);
  const bool was_chosen =
      against.baseline_run == options.baseline_run && against.baseline_variant == options.baseline_variant;
  const BaselineComparison comparison = compare_with_baseline(input, against);
  const QString metric = QCoreApplication::translate("Metric", against.metric->label);

  plot::PlotScene scene;
  scene.grid = options.grid;
  scene.intervals = plot::IntervalStyle::none;
  scene.x.scale = plot::Scale::log2;
  scene.x.quantity = plot::Quantity::ratio;
  scene.y.scale = plot::Scale::category;
  const auto n = length_in_force(input, options);
  if (!comparison.baseline.is_set() || comparison.series.empty() || !n) {
    scene.identity = QStringLiteral("compare");
    scene.title = Words::tr("Comparison");
    scene.empty_message =
        comparison.baseline.is_set()
            ? Words::tr("No visible case can be compared with %1.").arg(comparison.baseline.name())
            : Words::tr("Open a second run, or choose a baseline: cases are compared with it one by one.");
    return scene;
  }
  const QString length = plot::format_tick(plot::Quantity::count, *n);
  scene.identity =
      QStringLiteral("compare/%1/%2/%3").arg(QLatin1String(against.metric->id), length).arg(comparison.baseline.name());
  scene.title = Words::tr("%1 against %2 at N = %3").arg(metric, comparison.baseline.name(), length);
  scene.x.title = x_title(comparison, metric.toLower());
  scene.empty_message = Words::tr("No case at N = %1 can be compared with %2.").arg(length, comparison.baseline.name());
  const std::vector<Row> rows = rows_at(comparison, *n);
  std::map<QString, int> count;
  std::vector<const Series*> shown;
  for (const Row& row : rows) {
    ++count[row.word];
    shown.push_back(row.series);
  }
  const QStringList usual = usual_style(shown);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const QString group = QStringLiteral("%1 (%2)").arg(rows[i].word).arg(count[rows[i].word]);
    add_row(scene, rows[i], static_cast<int>(i), comparison, group, usual);
  }
  fit_around_one(scene, !comparison.baseline.compares_variants());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].has_place()) add_field(scene, rows[i], static_cast<int>(i), comparison);
  }
  add_scale_marks(scene, comparison);
  scene.caption = caption_of(input, comparison, was_chosen, group_series(input.runs, input.visibility));
  if (!usual.isEmpty()) scene.caption += Words::tr("; unless named: %1").arg(usual.join(QStringLiteral(", ")));
  return scene;
}

}  // namespace attnscope::gui::model
