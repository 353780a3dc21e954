#include "gui/model/pareto_scene.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <map>

#include "gui/model/series.h"
#include "reports/curve.h"
#include "reports/pareto.h"

namespace attnscope::gui::model {
namespace {

using plot::Axis;
using plot::PlotScene;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::ParetoScene)
};

// One of the two axes: a metric of the records, or a published score of their variants.
class Measure {
 public:
  explicit Measure(const Metric& metric) : metric_(&metric) {}
  Measure(const reports::LongRangeArena& arena, const QString& task) : arena_(&arena), task_(task.toStdString()) {}

  std::optional<double> value(const reports::Record& record) const {
    if (arena_ != nullptr) return arena_->accuracy(record.variant, task_);
    return record.status == reports::Status::wrong ? std::nullopt : metric_value(*metric_, record);
  }
  bool high_is_better() const { return arena_ != nullptr || model::high_is_better(*metric_); }
  QString label() const {
    if (arena_ == nullptr) return QCoreApplication::translate("Metric", metric_->label);
    return Words::tr("Long Range Arena, %1").arg(QString::fromStdString(arena_->task_name(task_)));
  }
  QString id() const { return arena_ ? QString::fromStdString(task_) : QString::fromLatin1(metric_->id); }
  Axis axis() const {
    const QString better = high_is_better() ? Words::tr(" (high is good)") : Words::tr(" (low is good)");
    if (arena_ != nullptr)
      return {plot::Scale::linear, {}, label() + Words::tr(": accuracy in %") + better, plot::Quantity::plain};
    return {metric_->scale, {}, QCoreApplication::translate("Metric", metric_->title), metric_->quantity};
  }

 private:
  const Metric* metric_ = nullptr;
  const reports::LongRangeArena* arena_ = nullptr;
  std::string task_;
};

struct Candidate {
  const Series* series;
  const SeriesPoint* point;
  double x, y;
};

// What can be ranked against each other, by run and setting.
using Groups = std::map<std::pair<int, std::string>, std::vector<Candidate>>;

class Builder {
 public:
  Builder(const ViewInput& input, const ViewOptions& options, Measure x, Measure y)
      : input_(input), options_(options), x_(std::move(x)), y_(std::move(y)), has_bubbles_(!options.score.isEmpty()) {
    scene_.x = x_.axis();
    scene_.y = y_.axis();
    if (options.linear_y) scene_.y.scale = plot::Scale::linear;
    scene_.grid = options.grid;
    scene_.intervals = plot::IntervalStyle::none;
  }

  PlotScene build() {
    const std::vector<Series> all = group_series(input_.runs, input_.visibility);
    const auto n = length_in_force(input_, options_);
    scene_.identity = QStringLiteral("pareto/%1/%2/%3").arg(x_.id(), y_.id()).arg(options_.linear_y);
    scene_.title = Words::tr("%1 against %2").arg(y_.label(), x_.label().toLower());
    scene_.empty_message = empty_message(all, Words::tr("No visible case has both values at this length."));
    if (!n) return std::move(scene_);
    scene_.title += Words::tr(" at N = %1").arg(plot::format_tick(plot::Quantity::count, *n));
    Groups groups;
    for (const Series& series : all) {
      for (const SeriesPoint& point : series.points) {
        if (point.n == *n) add_candidate(groups, series, point);
      }
    }
    std::vector<const Series*> shown;
    for (const auto& [key, candidates] : groups) {
      for (const Candidate& c : candidates) shown.push_back(c.series);
    }
    usual_ = usual_style(shown);
    for (const auto& [key, candidates] : groups) add_group(candidates);
    // Labels are placed in the order of the curves: where there is no room for all, the front has them.
    std::stable_partition(scene_.curves.begin(), scene_.curves.end(),
                          [](const plot::Curve& curve) { return !curve.points.front().hollow; });
    scene_.caption = caption(all);
    plot::fit_axes(scene_);
    return std::move(scene_);
  }

 private:
  void add_candidate(Groups& groups, const Series& series, const SeriesPoint& point) {
    const auto x = x_.value(*point.record), y = y_.value(*point.record);
    if (x && y) {
      groups[{series.run->id, reports::comparable_key(*point.record)}].push_back({&series, &point, *x, *y});
      if (series.visible) largest_memory_ = std::max(largest_memory_, memory(point));
    } else if (series.visible) {
      (x ? without_y_ : without_x_) << series.group;
    }
  }

  static double memory(const SeriesPoint& point) {
    return static_cast<double>(point.record->peak_memory_bytes.value_or(0));
  }

  // Hidden series neither dominate nor are ranked, but keep their legend row.
  void add_group(const std::vector<Candidate>& candidates) {
    std::vector<std::optional<reports::ParetoCosts>> costs;
    const double sign_x = x_.high_is_better() ? -1 : 1, sign_y = y_.high_is_better() ? -1 : 1;
    for (const Candidate& c : candidates) {
      costs.push_back(c.series->visible ? std::optional(reports::ParetoCosts{sign_x * c.x, sign_y * c.y})
                                        : std::nullopt);
    }
    const reports::ParetoFront ranking = reports::pareto_front(costs);
    std::vector<QString> remarks(candidates.size());
    for (const std::size_t i : ranking.front) remarks[i] = Words::tr("on the Pareto front");
    for (const auto& [index, by] : ranking.dominated) remarks[index] = dominance(candidates[index], candidates[by]);
    std::vector<bool> dominated(candidates.size());
    for (const auto& [index, by] : ranking.dominated) dominated[index] = true;
    for (std::size_t i = 0; i < candidates.size(); ++i) add_point(candidates[i], dominated[i], remarks[i]);
    add_staircase(candidates, ranking);
  }

  QString dominance(const Candidate& c, const Candidate& by) const {
    const auto part = [](const Measure& measure, double value, double other) {
      const QString name = measure.label().toLower();
      if (value == other) return Words::tr("the same %1").arg(name);
      if (measure.id().startsWith(QLatin1String("lra")))
        return Words::tr("%1 points less in %2").arg(other - value, 0, 'f', 1).arg(measure.label());
      return Words::tr("%1 the %2").arg(plot::format_quantity(plot::Quantity::ratio, value / other), name);
    };
    return Words::tr("dominated by %1: %2, %3").arg(by.series->name(), part(x_, c.x, by.x), part(y_, c.y, by.y));
  }

  void add_point(const Candidate& c, bool dominated, const QString& remark) {
    const Series& series = *c.series;
    plot::Curve curve = input_.styles.cloud(series);
    curve.visible = series.visible;
    plot::CurvePoint point{c.x, c.y, {}, dominated, c.point->key.packed()};
    point.label = short_name(series, usual_);
    point.remark = remark;
    if (has_bubbles_ && largest_memory_ > 0) {
      constexpr double largest_area = 24;
      point.size = std::max(1.0, largest_area * memory(*c.point) / largest_memory_);
      point.remark +=
          Words::tr("\npeak memory: %1").arg(plot::format_quantity(plot::Quantity::bytes, memory(*c.point)));
    }
    curve.points.push_back(std::move(point));
    scene_.curves.push_back(std::move(curve));
  }

  // From each case of the front level to the next one's x, then to its y. Where high is good along x, the corner lies
  // on the other side, so that the line never promises what no case reaches.
  void add_staircase(const std::vector<Candidate>& candidates, const reports::ParetoFront& ranking) {
    const auto segment = [&](QPointF from, QPointF to, const Series& series) {
      if (from == to) return;
      plot::ReferenceLine line;
      line.kind = plot::ReferenceLine::Kind::segment;
      line.from = from;
      line.to = to;
      line.dash = series.style.isEmpty() ? plot::Dash::solid : input_.styles.dash(series.style_key);
      scene_.reference_lines.push_back(line);
    };
    for (std::size_t i = 1; i < ranking.front.size(); ++i) {
      const Candidate &a = candidates[ranking.front[i - 1]], &b = candidates[ranking.front[i]];
      const QPointF corner(b.x, a.y);
      segment({a.x, a.y}, corner, *a.series);
      segment(corner, {b.x, b.y}, *a.series);
    }
  }

  QString caption(std::span<const Series> all) const {
    QStringList parts{common_axes(all), Words::tr("line: Pareto front; hollow: dominated")};
    const auto add = [&](const QString& what, QStringList names) {
      names.removeDuplicates();
      if (!names.isEmpty()) parts << what.arg(names.join(QStringLiteral(", ")));
    };
    if (has_bubbles_) {
      parts << Words::tr("area: peak memory, the largest %1")
                   .arg(plot::format_quantity(plot::Quantity::bytes, largest_memory_));
      parts
          << Words::tr("scores: %1, of the models as trained there").arg(QString::fromStdString(input_.arena->source));
      add(Words::tr("without a score: %1"), without_y_);
    } else {
      add(Words::tr("without %1: %2").arg(y_.label().toLower(), QStringLiteral("%1")), without_y_);
    }
    add(Words::tr("without %1: %2").arg(x_.label().toLower(), QStringLiteral("%1")), without_x_);
    if (!usual_.isEmpty()) parts << Words::tr("unless named: %1").arg(usual_.join(QStringLiteral(", ")));
    if (const std::size_t count = plot::undrawable_count(scene_))
      parts << Words::tr("%1 points not drawable on a log axis").arg(count);
    parts.removeAll(QString());
    return parts.join(QStringLiteral("; "));
  }

  const ViewInput& input_;
  const ViewOptions& options_;
  Measure x_, y_;
  bool has_bubbles_;
  double largest_memory_ = 0;
  QStringList without_x_, without_y_, usual_;
  plot::PlotScene scene_;
};

}  // namespace

PlotScene build_pareto(const ViewInput& input, const ViewOptions& options) {
  const bool scored = input.arena != nullptr && input.arena->has_task(options.score.toStdString());
  const Measure y = scored ? Measure(*input.arena, options.score) : Measure(*options.against);
  ViewOptions in_force = options;
  if (!scored) in_force.score.clear();
  return Builder(input, in_force, Measure(*options.metric), y).build();
}

}  // namespace attnscope::gui::model
