#include "gui/plot/scene.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace attnscope::gui::plot {
namespace {

class Extent {
 public:
  explicit Extent(Scale scale) : scale_(scale) {}
  void add(double value) {
    if (!is_drawable(scale_, value)) return;
    range_.lo = std::min(range_.lo, value);
    range_.hi = std::max(range_.hi, value);
  }
  Range with_margin(double fraction) const {
    if (range_.lo > range_.hi) return is_log(scale_) ? Range{1, 1024} : Range{0, 1};
    return padded(scale_, range_, fraction);
  }

 private:
  Scale scale_;
  Range range_{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
};

}  // namespace

bool has_free_dash(const Curve& curve) { return curve.style.isEmpty() && curve.dash == Dash::solid; }

Dash dash_in_order(int index) {
  constexpr std::array dashes{Dash::solid, Dash::dashed, Dash::dotted, Dash::dash_dot, Dash::long_dash};
  return dashes[static_cast<std::size_t>(index) % dashes.size()];
}

bool Cell::operator==(const Cell& other) const {
  const bool same_shade = shade == other.shade || (std::isnan(shade) && std::isnan(other.shade));
  return same_shade && area == other.area && text == other.text && name == other.name && slot == other.slot &&
         key == other.key && selectable == other.selectable && group == other.group && framed == other.framed;
}

bool is_drawable(const PlotScene& scene, const CurvePoint& point) {
  return is_drawable(scene.x.scale, point.x) && is_drawable(scene.y.scale, point.y);
}

bool is_drawable(const PlotScene& scene, const Cell& cell) {
  return is_drawable(scene.x.scale, cell.area.left()) && is_drawable(scene.x.scale, cell.area.right()) &&
         is_drawable(scene.y.scale, cell.area.top()) && is_drawable(scene.y.scale, cell.area.bottom());
}

QRectF unit_cell(int x, int y) { return {x - 0.5, y - 0.5, 1, 1}; }

std::size_t drawable_count(const PlotScene& scene) {
  std::size_t count = 0;
  for (const Curve& curve : scene.curves) {
    if (!curve.visible) continue;
    count += std::count_if(curve.points.begin(), curve.points.end(),
                           [&](const CurvePoint& point) { return is_drawable(scene, point); });
  }
  count +=
      std::count_if(scene.cells.begin(), scene.cells.end(), [&](const Cell& cell) { return is_drawable(scene, cell); });
  return count + std::count_if(scene.failed.begin(), scene.failed.end(), [&](const FailedMark& mark) {
           return mark.visible && is_drawable(scene.x.scale, mark.x);
         });
}

std::size_t undrawable_count(const PlotScene& scene) {
  std::size_t count = 0;
  for (const Curve& curve : scene.curves) {
    if (!curve.visible) continue;
    count += std::count_if(curve.points.begin(), curve.points.end(),
                           [&](const CurvePoint& point) { return !is_drawable(scene, point); });
  }
  return count;
}

void fit_axes(PlotScene& scene) {
  Extent x(scene.x.scale), y(scene.y.scale);
  for (const Curve& curve : scene.curves) {
    if (!curve.visible) continue;
    for (const CurvePoint& point : curve.points) {
      if (!is_drawable(scene, point)) continue;
      x.add(point.x);
      y.add(point.y);
      if (point.interval && scene.intervals != IntervalStyle::none) {
        y.add(point.interval->lo);
        y.add(point.interval->hi);
      }
    }
  }
  for (const Cloud& cloud : scene.clouds) {
    if (!cloud.visible) continue;
    for (const QPointF& point : cloud.points) {
      if (!is_drawable(scene, {point.x(), point.y(), {}})) continue;
      x.add(point.x());
      y.add(point.y());
    }
  }
  for (const FailedMark& mark : scene.failed) {
    if (mark.visible) x.add(mark.x);
  }
  for (const Cell& cell : scene.cells) {
    if (!is_drawable(scene, cell)) continue;
    for (const double edge : {cell.area.left(), cell.area.right()}) x.add(edge);
    for (const double edge : {cell.area.top(), cell.area.bottom()}) y.add(edge);
  }
  // A line or a region without an end on one axis says nothing about that axis.
  for (const Region& region : scene.regions) {
    for (const double edge : {region.x.lo, region.x.hi}) x.add(edge);
    for (const double edge : {region.y.lo, region.y.hi}) y.add(edge);
  }
  for (const ReferenceLine& line : scene.reference_lines) {
    if (line.kind != ReferenceLine::Kind::horizontal) x.add(line.from.x());
    if (line.kind != ReferenceLine::Kind::vertical) y.add(line.from.y());
    if (line.kind != ReferenceLine::Kind::segment) continue;
    x.add(line.to.x());
    y.add(line.to.y());
  }
  for (const Note& note : scene.notes) {
    for (const QPointF& at : {note.at, note.anchor.value_or(note.at)}) {
      x.add(at.x());
      y.add(at.y());
    }
  }
  const bool fills_frame = !scene.cells.empty();
  const auto fitted = [&](const Axis& axis, const Extent& extent, double margin) {
    if (axis.scale == Scale::category) return axis.whole_categories();
    return extent.with_margin(fills_frame ? 0 : margin);
  };
  scene.x.range = fitted(scene.x, x, 0.04);
  scene.y.range = fitted(scene.y, y, 0.05);
}

}  // namespace attnscope::gui::plot
