#include "reports/pareto.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>

namespace attnscope::reports {

namespace {

// +1 when smaller is better, so that costs can be compared whatever the metric.
double sign_of(const Column& metric) {
  if (metric.better == Better::lower) return 1;
  if (metric.better == Better::higher) return -1;
  throw std::invalid_argument(
      fmt::format("metric '{}' has no better direction; expected one where lower or higher is better", metric.name));
}

}  // namespace

ParetoFront pareto_front(std::span<const std::optional<ParetoCosts>> costs) {
  struct Point {
    std::size_t index;
    double x, y;
  };
  ParetoFront result;
  std::vector<Point> points;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    if (costs[i] && std::isfinite(costs[i]->x) && std::isfinite(costs[i]->y)) {
      points.push_back({i, costs[i]->x, costs[i]->y});
    } else {
      result.missing.push_back(i);
    }
  }
  std::ranges::stable_sort(points, [](const Point& a, const Point& b) { return a.x != b.x ? a.x < b.x : a.y < b.y; });
  // From the best x on, a point is on the front when its y beats all before it, or equals the last of the front.
  const Point* last = nullptr;
  for (const Point& point : points) {
    const bool equal = last != nullptr && point.x == last->x && point.y == last->y;
    if (last == nullptr || point.y < last->y || equal) {
      last = &point;
      result.front.push_back(point.index);
    } else {
      result.dominated.push_back({point.index, last->index});
    }
  }
  std::ranges::sort(result.dominated, {}, &ParetoFront::Dominated::index);
  return result;
}

ParetoFront pareto_front(std::span<const Record> records, const Column& x, const Column& y) {
  const double sign_x = sign_of(x), sign_y = sign_of(y);
  std::vector<std::optional<ParetoCosts>> costs;
  for (const Record& record : records) {
    const auto value_x = number(record, x), value_y = number(record, y);
    const bool usable = value_x && value_y && record.status != Status::wrong;
    costs.push_back(usable ? std::optional(ParetoCosts{sign_x * *value_x, sign_y * *value_y}) : std::nullopt);
  }
  return pareto_front(costs);
}

}  // namespace attnscope::reports
