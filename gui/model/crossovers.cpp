#include "gui/model/crossovers.h"

#include <QStringList>
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "gui/model/status_text.h"
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

reports::Curve cost_curve(const Series& series, const Metric& metric) {
  std::map<double, reports::CurvePoint> by_length;
  std::map<double, const reports::Record*> holes;
  for (const SeriesPoint& point : series.points) {
    const auto value = metric_value(metric, *point.record);
    const bool usable = value && std::isfinite(*value) && (*value > 0 || !high_is_better(metric)) &&
                        point.record->status != reports::Status::wrong;
    if (usable) {
      by_length[point.n] = cost_of(point.n, metric, *point.record, *value);
    } else {
      holes[point.n] = point.record;
    }
  }
  reports::Curve curve{series.points.empty() ? nullptr : series.points.front().record, {}, {}};
  for (const auto& [n, record] : holes) {
    if (!by_length.contains(n)) curve.holes.push_back(record);
  }
  for (auto& [n, point] : by_length) curve.points.push_back(std::move(point));
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

bool is_decided(const reports::Crossover& crossover) { return crossover.lengths > 0 || !crossover.dropouts.empty(); }

QString short_text(const reports::Crossover& crossover) {
  if (!is_decided(crossover)) return {};
  struct Change {
    double n;
    bool to_a;
    QString remark;
  };
  std::vector<Change> changes;
  for (const reports::Crossing& crossing : crossover.crossings)
    changes.push_back(
        {crossing.n, crossing.a_becomes_cheaper, crossing.support < 0.95 ? QStringLiteral("?") : QString()});
  std::optional<bool> a_is_ahead;
  if (crossover.lengths > 0) a_is_ahead = crossover.a_cheaper_at_longest;
  for (const reports::Dropout& dropout : crossover.dropouts) {
    // One that was behind anyway changes nothing by dropping out.
    if (a_is_ahead == !dropout.a_drops_out) continue;
    a_is_ahead = !dropout.a_drops_out;
    changes.push_back({dropout.from, *a_is_ahead, QLatin1Char(' ') + status_letter(dropout.status)});
  }
  if (changes.empty()) return *a_is_ahead ? QStringLiteral("all") : QStringLiteral("–");
  if (changes.size() > 1) return QStringLiteral("…");
  const Change& change = changes.front();
  return (change.to_a ? QStringLiteral("≥") : QStringLiteral("<")) + length_text(change.n) + change.remark;
}

QString long_text(const reports::Crossover& crossover, const QString& a, const QString& b) {
  return QString::fromStdString(reports::describe(crossover, a.toStdString(), b.toStdString()));
}

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
  const double shortest = crossover.lengths > 0 ? crossover.shortest : crossover.dropouts.front().from;
  double longest = crossover.lengths > 0 ? crossover.longest : shortest;
  std::vector<plot::Range> ranges = ranges_cheaper(crossover);
  for (const reports::Dropout& dropout : crossover.dropouts) {
    // What failed at 16k, and did not at 8k, has dropped out somewhere between.
    if (!dropout.a_drops_out) ranges.push_back({longest, dropout.to});
    longest = dropout.to;
  }
  if (shortest >= longest) {
    const bool a_is_ahead =
        crossover.dropouts.empty() ? crossover.a_cheaper_at_longest : !crossover.dropouts.back().a_drops_out;
    return a_is_ahead ? 1 : 0;
  }
  double share = 0;
  for (const plot::Range& range : ranges) share += std::log(range.hi / range.lo);
  return share / std::log(longest / shortest);
}

}  // namespace attnscope::gui::model
