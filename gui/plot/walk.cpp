#include "gui/plot/walk.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace attnscope::gui::plot {
namespace {

struct Stop {
  Hit hit;
  QPointF at;  // in fractions of the visible ranges
};

QPointF place(const PlotScene& scene, double x, double y) {
  return {scene.x.to_pixel(x, 0, 1), scene.y.to_pixel(y, 0, 1)};
}

QPointF centre(const PlotScene& scene, const Cell& cell) {
  return (place(scene, cell.area.left(), cell.area.top()) + place(scene, cell.area.right(), cell.area.bottom())) / 2;
}

std::vector<Stop> stops(const PlotScene& scene, Hit::Kind kind) {
  std::vector<Stop> result;
  if (kind == Hit::Kind::cell) {
    for (std::size_t c = 0; c < scene.cells.size(); ++c) {
      if (is_drawable(scene, scene.cells[c]))
        result.push_back({{Hit::Kind::cell, c, 0}, centre(scene, scene.cells[c])});
    }
    return result;
  }
  for (std::size_t c = 0; c < scene.curves.size(); ++c) {
    if (!scene.curves[c].visible) continue;
    for (std::size_t i = 0; i < scene.curves[c].points.size(); ++i) {
      const CurvePoint& point = scene.curves[c].points[i];
      if (is_drawable(scene, point)) result.push_back({{Hit::Kind::point, c, i}, place(scene, point.x, point.y)});
    }
  }
  return result;
}

Hit next_on_curve(const PlotScene& scene, const Hit& from, int step) {
  const auto& points = scene.curves[from.item].points;
  const auto count = static_cast<std::ptrdiff_t>(points.size());
  for (auto i = static_cast<std::ptrdiff_t>(from.point) + step; i >= 0 && i < count; i += step) {
    if (is_drawable(scene, points[static_cast<std::size_t>(i)]))
      return {Hit::Kind::point, from.item, static_cast<std::size_t>(i)};
  }
  return from;
}

// The nearest one ahead; how far it lies to the side counts more than how far ahead.
Hit nearest_ahead(const std::vector<Stop>& stops, const Hit& from, QPointF ahead) {
  constexpr double weight_aside = 3;
  const auto origin = std::find_if(stops.begin(), stops.end(), [&](const Stop& stop) { return stop.hit == from; });
  if (origin == stops.end()) return from;
  Hit best = from;
  double least = 0;
  for (const Stop& stop : stops) {
    const QPointF way = stop.at - origin->at;
    const double forward = QPointF::dotProduct(way, ahead);
    if (forward <= 1e-9) continue;
    const double cost = forward + weight_aside * std::abs(QPointF::dotProduct(way, QPointF(ahead.y(), ahead.x())));
    if (best == from || cost < least) {
      best = stop.hit;
      least = cost;
    }
  }
  return best;
}

}  // namespace

std::optional<Hit> first_stop(const PlotScene& scene) {
  for (const Hit::Kind kind : {Hit::Kind::point, Hit::Kind::cell}) {
    const auto all = stops(scene, kind);
    if (!all.empty()) return all.front().hit;
  }
  return std::nullopt;
}

Hit next_stop(const PlotScene& scene, const Hit& from, Direction direction) {
  if (from.kind == Hit::Kind::failed) return first_stop(scene).value_or(from);
  const bool along = direction == Direction::left || direction == Direction::right;
  const bool forward = direction == Direction::right || direction == Direction::up;
  const bool on_curve = from.kind == Hit::Kind::point && scene.curves[from.item].points.size() > 1 &&
                        scene.curves[from.item].dash != Dash::none;
  if (on_curve && along) return next_on_curve(scene, from, forward ? 1 : -1);
  std::vector<Stop> candidates = stops(scene, from.kind);
  if (on_curve) {
    const double x = scene.curves[from.item].points[from.point].x;
    std::erase_if(candidates,
                  [&](const Stop& stop) { return scene.curves[stop.hit.item].points[stop.hit.point].x != x; });
  }
  const double sign = forward ? 1 : -1;
  return nearest_ahead(candidates, from, along ? QPointF(sign, 0) : QPointF(0, sign));
}

}  // namespace attnscope::gui::plot
