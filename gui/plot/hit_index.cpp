#include "gui/plot/hit_index.h"

#include <algorithm>
#include <cmath>

namespace attnscope::gui::plot {
namespace {

constexpr double cell_size = 16;

double squared_distance(QPointF a, QPointF b) {
  const QPointF d = a - b;
  return QPointF::dotProduct(d, d);
}

}  // namespace

std::uint64_t key_of(const PlotScene& scene, const Hit& hit) {
  switch (hit.kind) {
    case Hit::Kind::failed:
      return scene.failed[hit.item].key;
    case Hit::Kind::cell:
      return scene.cells[hit.item].key;
    case Hit::Kind::point:
      break;
  }
  return scene.curves[hit.item].points[hit.point].key;
}

bool is_selectable(const PlotScene& scene, const Hit& hit) {
  return hit.kind != Hit::Kind::cell || scene.cells[hit.item].selectable;
}

std::vector<Hit> find_keys(const PlotScene& scene, std::span<const std::uint64_t> keys) {
  std::vector<Hit> hits;
  const auto is_one = [&](std::uint64_t key) { return std::binary_search(keys.begin(), keys.end(), key); };
  for (std::size_t c = 0; c < scene.curves.size(); ++c) {
    const Curve& curve = scene.curves[c];
    const auto point = std::find_if(curve.points.begin(), curve.points.end(), [&](auto& p) { return is_one(p.key); });
    if (curve.visible && point != curve.points.end())
      hits.push_back({Hit::Kind::point, c, static_cast<std::size_t>(point - curve.points.begin())});
  }
  for (std::size_t f = 0; f < scene.failed.size(); ++f) {
    if (scene.failed[f].visible && is_one(scene.failed[f].key)) hits.push_back({Hit::Kind::failed, f, 0});
  }
  for (std::size_t c = 0; c < scene.cells.size(); ++c) {
    if (is_one(scene.cells[c].key)) hits.push_back({Hit::Kind::cell, c, 0});
  }
  return hits;
}

std::optional<Hit> find_key(const PlotScene& scene, std::uint64_t key) {
  for (std::size_t c = 0; c < scene.curves.size(); ++c) {
    if (!scene.curves[c].visible) continue;
    const auto& points = scene.curves[c].points;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (points[i].key == key && is_drawable(scene, points[i])) return Hit{Hit::Kind::point, c, i};
    }
  }
  for (std::size_t f = 0; f < scene.failed.size(); ++f) {
    if (scene.failed[f].visible && scene.failed[f].key == key) return Hit{Hit::Kind::failed, f, 0};
  }
  for (std::size_t c = 0; c < scene.cells.size(); ++c) {
    const Cell& cell = scene.cells[c];
    if (cell.selectable && cell.key == key && is_drawable(scene, cell)) return Hit{Hit::Kind::cell, c, 0};
  }
  return std::nullopt;
}

HitIndex::HitIndex(const PlotScene& scene, const PlotLayout& layout)
    : bounds_(layout.lane.isNull() ? layout.area : layout.area.united(layout.lane)),
      columns_(static_cast<int>(bounds_.width() / cell_size) + 1),
      rows_(static_cast<int>(bounds_.height() / cell_size) + 1),
      grid_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_)) {
  const Projection projection(scene, layout);
  for (std::size_t c = 0; c < scene.curves.size(); ++c) {
    const Curve& curve = scene.curves[c];
    if (!curve.visible) continue;
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
      const CurvePoint& point = curve.points[i];
      if (!is_drawable(scene, point)) continue;
      const QPointF at = projection.pixel(point.x, point.y);
      if (layout.area.contains(at)) add(at, {Hit::Kind::point, c, i});
    }
  }
  const auto failed = failed_positions(scene, layout);
  for (std::size_t f = 0; f < failed.size(); ++f) {
    if (failed[f] && bounds_.contains(*failed[f])) add(*failed[f], {Hit::Kind::failed, f, 0});
  }
  for (const Cell& cell : scene.cells) {
    cells_.push_back(is_drawable(scene, cell) ? projection.rectangle(cell.area) & layout.area : QRectF());
  }
}

void HitIndex::add(QPointF at, const Hit& hit) {
  const int column = static_cast<int>((at.x() - bounds_.left()) / cell_size);
  const int row = static_cast<int>((at.y() - bounds_.top()) / cell_size);
  grid_[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(column)]
      .push_back({at, hit});
}

template <typename Visit>
void HitIndex::visit_within(QPointF at, double radius, Visit visit) const {
  if (grid_.empty()) return;
  const auto place = [](double offset, int count) {
    return static_cast<int>(std::clamp(std::floor(offset / cell_size), 0.0, count - 1.0));
  };
  const int first_column = place(at.x() - radius - bounds_.left(), columns_);
  const int last_column = place(at.x() + radius - bounds_.left(), columns_);
  const int first_row = place(at.y() - radius - bounds_.top(), rows_);
  const int last_row = place(at.y() + radius - bounds_.top(), rows_);
  for (int row = first_row; row <= last_row; ++row) {
    for (int column = first_column; column <= last_column; ++column) {
      for (const Entry& entry : grid_[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
                                      static_cast<std::size_t>(column)]) {
        const double distance = squared_distance(entry.at, at);
        if (distance <= radius * radius) visit(Found{distance, &entry});
      }
    }
  }
}

namespace {

// Scene order breaks ties, so that the answer does not depend on how the grid falls.
bool precedes(const Hit& a, const Hit& b) {
  if (a.kind != b.kind) return a.kind < b.kind;
  return a.item != b.item ? a.item < b.item : a.point < b.point;
}

}  // namespace

std::optional<Hit> HitIndex::nearest(QPointF at, double radius) const {
  std::optional<Found> best;
  visit_within(at, radius, [&](const Found& found) {
    if (!best || found.distance_squared < best->distance_squared ||
        (found.distance_squared == best->distance_squared && precedes(found.entry->hit, best->entry->hit))) {
      best = found;
    }
  });
  if (best) return best->entry->hit;
  const auto under =
      std::find_if(cells_.rbegin(), cells_.rend(), [&](const QRectF& cell) { return cell.contains(at); });
  if (under == cells_.rend()) return std::nullopt;
  return Hit{Hit::Kind::cell, static_cast<std::size_t>(cells_.rend() - under - 1), 0};
}

std::vector<Hit> HitIndex::all_within(QPointF at, double radius) const {
  std::vector<Found> found;
  visit_within(at, radius, [&](const Found& f) { found.push_back(f); });
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    if (a.distance_squared != b.distance_squared) return a.distance_squared < b.distance_squared;
    return precedes(a.entry->hit, b.entry->hit);
  });
  std::vector<Hit> hits;
  for (const Found& f : found) hits.push_back(f.entry->hit);
  return hits;
}

}  // namespace attnscope::gui::plot
