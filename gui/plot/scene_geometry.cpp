#include "gui/plot/scene_geometry.h"

#include <algorithm>
#include <cmath>

#include "gui/plot/clip_geometry.h"

namespace attnscope::gui::plot {

std::vector<QPolygonF> polylines(const PlotScene& scene, const Projection& to, const Curve& curve) {
  std::vector<QPolygonF> runs(1);
  for (const CurvePoint& point : curve.points) {
    if (is_drawable(scene, point)) {
      const QPointF at = to.pixel(point.x, point.y);
      if (curve.step && !runs.back().isEmpty()) runs.back() << QPointF(at.x(), runs.back().back().y());
      runs.back() << at;
    } else if (!runs.back().isEmpty()) {
      runs.emplace_back();
    }
  }
  return runs;
}

std::optional<QLineF> visible_part(const PlotScene& scene, const PlotLayout& layout, const ReferenceLine& line) {
  const QRectF& area = layout.area;
  const Projection to(scene, layout);
  switch (line.kind) {
    case ReferenceLine::Kind::horizontal: {
      if (!is_drawable(scene.y.scale, line.from.y())) return std::nullopt;
      const double y = to.y(line.from.y());
      return clip_segment(area, QLineF(area.left(), y, area.right(), y));
    }
    case ReferenceLine::Kind::vertical: {
      if (!is_drawable(scene.x.scale, line.from.x())) return std::nullopt;
      const double x = to.x(line.from.x());
      return clip_segment(area, QLineF(x, area.bottom(), x, area.top()));
    }
    case ReferenceLine::Kind::segment:
      break;
  }
  for (const QPointF& end : {line.from, line.to}) {
    if (!is_drawable(scene.x.scale, end.x()) || !is_drawable(scene.y.scale, end.y())) return std::nullopt;
  }
  return clip_segment(area, QLineF(to.pixel(line.from.x(), line.from.y()), to.pixel(line.to.x(), line.to.y())));
}

QRectF visible_part(const PlotScene& scene, const PlotLayout& layout, const Region& region) {
  const QRectF& area = layout.area;
  const Projection to(scene, layout);
  // A side without a place (zero on a logarithmic axis) lies beyond the frame like an unbounded one.
  const auto x_or = [&](double value, double edge) { return is_drawable(scene.x.scale, value) ? to.x(value) : edge; };
  const auto y_or = [&](double value, double edge) { return is_drawable(scene.y.scale, value) ? to.y(value) : edge; };
  const QRectF whole(QPointF(x_or(region.x.lo, area.left()), y_or(region.y.hi, area.top())),
                     QPointF(x_or(region.x.hi, area.right()), y_or(region.y.lo, area.bottom())));
  return whole.normalized() & area;
}

double marker_half(const CurvePoint& point, const Theme& theme) {
  return theme.marker_size * std::sqrt(std::max(0.0, point.size));
}

}  // namespace attnscope::gui::plot
