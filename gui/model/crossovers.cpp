#include "gui/model/crossovers.h"

#include <QStringList>
#include <algorithm>
#include <cmath>
#include <map>

#include "gui/plot/quantity.h"
#include "reports/curve.h"

namespace attnscope::gui::model {
namespace {

reports::CurvePoint cost_of(double n, const Metric& metric, const reports::Record& record, double value) {
  const auto interval = metric_interval(metric, record, IntervalSource::confidence);
  reports::CurvePoint point{n, value, {}, {}, &record};
  if (interval) point.interval = reports::Interval{interval->lo, interval->hi};
  for (const double sample : metric_samples(metric, record)) {
    if (sample > 0 && std::isfinite(sample)) point.samples.push_back(sample);
  }
  std::sort(point.samples.begin(), point.samples.end());
  if (!high_is_better(metric)) return point;
  point.value = 1 / value;
  if (interval) point.interval = reports::Interval{1 / interval->hi, 1 / interval->lo};
  point.samples.clear();
  return point;
}

}  // namespace

std::vector<reports::CurvePoint> cost_curve(const Series& series, const Metric& metric) {
  std::map<double, reports::CurvePoint> by_length;
  for (const SeriesPoint& point : series.points) {
    const auto value = metric_value(metric, *point.record);
    const bool usable = value && std::isfinite(*value) && (*value > 0 || !high_is_better(metric)) &&
                        point.record->status != reports::Status::wrong;
    if (usable) by_length[point.n] = cost_of(point.n, metric, *point.record, *value);
  }
  std::vector<reports::CurvePoint> curve;
  for (auto& [n, point] : by_length) curve.push_back(std::move(point));
  return curve;
}

QString length_text(double n) {
  if (n < 1000) return QString::number(std::lround(n));
  const double k = n / 1024;
  return k < 1000 ? QStringLiteral("%1k").arg(k, 0, 'g', k < 10 ? 2 : 3)
                  : QStringLiteral("%1M").arg(k / 1024, 0, 'g', 2);
}

bool are_comparable(const Series& a, const Series& b) {
  if (a.run != b.run) return false;
  bool any = false;
  for (const SeriesPoint& of_a : a.points) {
    for (const SeriesPoint& of_b : b.points) {
      if (of_a.n != of_b.n) continue;
      if (reports::comparable_key(*of_a.record) != reports::comparable_key(*of_b.record)) return false;
      any = true;
    }
  }
  return any;
}

QString short_text(const reports::Crossover& crossover) {
  if (crossover.lengths == 0) return {};
  if (crossover.crossings.empty()) return crossover.a_cheaper_at_longest ? QStringLiteral("all") : QStringLiteral("–");
  if (crossover.crossings.size() > 1) return QStringLiteral("…");
  const reports::Crossing& crossing = crossover.crossings.front();
  const QString text =
      (crossing.a_becomes_cheaper ? QStringLiteral("≥") : QStringLiteral("<")) + length_text(crossing.n);
  return crossing.support < 0.95 ? text + QLatin1Char('?') : text;
}

QString long_text(const reports::Crossover& crossover) { return QString::fromStdString(reports::describe(crossover)); }

std::vector<plot::Range> ranges_cheaper(const reports::Crossover& crossover) {
  std::vector<plot::Range> ranges;
  if (crossover.lengths == 0) return ranges;
  bool cheaper =
      crossover.crossings.empty() ? crossover.a_cheaper_at_longest : !crossover.crossings.front().a_becomes_cheaper;
  double from = crossover.shortest;
  for (const reports::Crossing& crossing : crossover.crossings) {
    if (cheaper) ranges.push_back({from, crossing.n});
    from = crossing.n;
    cheaper = crossing.a_becomes_cheaper;
  }
  if (cheaper) ranges.push_back({from, crossover.longest});
  return ranges;
}

double share_cheaper(const reports::Crossover& crossover) {
  if (crossover.shortest >= crossover.longest) return crossover.lengths > 0 && crossover.a_cheaper_at_longest ? 1 : 0;
  double share = 0;
  for (const plot::Range& range : ranges_cheaper(crossover)) share += std::log(range.hi / range.lo);
  return share / std::log(crossover.longest / crossover.shortest);
}

}  // namespace attnscope::gui::model
