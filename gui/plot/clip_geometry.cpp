#include "gui/plot/clip_geometry.h"

#include <algorithm>
#include <array>
#include <utility>

namespace attnscope::gui::plot {

std::optional<QLineF> clip_segment(const QRectF& rect, const QLineF& segment) {
  // t runs along the segment; each of the four edges narrows [enter, leave].
  double enter = 0, leave = 1;
  const double dx = segment.dx(), dy = segment.dy();
  struct Edge {
    double direction, distance;
  };
  const std::array<Edge, 4> edges{{{-dx, segment.x1() - rect.left()},
                                   {dx, rect.right() - segment.x1()},
                                   {-dy, segment.y1() - rect.top()},
                                   {dy, rect.bottom() - segment.y1()}}};
  for (const auto& [direction, distance] : edges) {
    if (direction == 0) {
      if (distance < 0) return std::nullopt;  // parallel to the edge and outside
      continue;
    }
    const double t = distance / direction;
    if (direction < 0) {
      enter = std::max(enter, t);
    } else {
      leave = std::min(leave, t);
    }
    if (enter > leave) return std::nullopt;
  }
  // The ends are put on the edge exactly: rounding must not leave them a hair outside.
  const auto inside = [&](QPointF p) {
    return QPointF(std::clamp(p.x(), rect.left(), rect.right()), std::clamp(p.y(), rect.top(), rect.bottom()));
  };
  const QPointF from = enter == 0 ? segment.p1() : inside(segment.pointAt(enter));
  const QPointF to = leave == 1 ? segment.p2() : inside(segment.pointAt(leave));
  return QLineF(from, to);
}

std::vector<QPolygonF> clip_polyline(const QRectF& rect, const QPolygonF& line) {
  std::vector<QPolygonF> parts;
  bool open = false;  // the last part ends where the next segment starts
  for (qsizetype i = 1; i < line.size(); ++i) {
    const std::optional<QLineF> piece = clip_segment(rect, QLineF(line[i - 1], line[i]));
    if (!piece) {
      open = false;
      continue;
    }
    if (!open || parts.back().last() != piece->p1()) parts.push_back(QPolygonF{piece->p1()});
    parts.back() << piece->p2();
    open = piece->p2() == line[i];
  }
  return parts;
}

QPolygonF clip_polygon(const QRectF& rect, const QPolygonF& polygon) {
  enum Edge { left, right, top, bottom };
  const auto is_inside = [&](Edge edge, QPointF p) {
    switch (edge) {
      case left:
        return p.x() >= rect.left();
      case right:
        return p.x() <= rect.right();
      case top:
        return p.y() >= rect.top();
      case bottom:
        return p.y() <= rect.bottom();
    }
    return false;
  };
  const auto crossing = [&](Edge edge, QPointF a, QPointF b) {
    if (edge == left || edge == right) {
      const double x = edge == left ? rect.left() : rect.right();
      return QPointF(x, a.y() + (b.y() - a.y()) * (x - a.x()) / (b.x() - a.x()));
    }
    const double y = edge == top ? rect.top() : rect.bottom();
    return QPointF(a.x() + (b.x() - a.x()) * (y - a.y()) / (b.y() - a.y()), y);
  };

  QPolygonF result = polygon;
  for (const Edge edge : {left, right, top, bottom}) {
    const QPolygonF input = std::exchange(result, {});
    for (qsizetype i = 0; i < input.size(); ++i) {
      const QPointF previous = input[(i + input.size() - 1) % input.size()], current = input[i];
      const bool enters = is_inside(edge, current);
      if (enters != is_inside(edge, previous)) result << crossing(edge, previous, current);
      if (enters) result << current;
    }
  }
  return result;
}

}  // namespace attnscope::gui::plot
