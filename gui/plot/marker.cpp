#include "gui/plot/marker.h"

#include <QPolygonF>
#include <QTransform>
#include <cmath>
#include <numbers>

namespace attnscope::gui::plot {
namespace {

// Corners at equal angles, the first at `start` degrees (0 is right, 90 up); radii alternate for stars.
QPolygonF regular(QPointF centre, int corners, double start, double outer, double inner) {
  QPolygonF polygon;
  for (int i = 0; i < corners; ++i) {
    const double angle = (start + 360.0 * i / corners) * std::numbers::pi / 180;
    const double radius = i % 2 == 0 ? outer : inner;
    polygon << centre + QPointF(std::cos(angle), -std::sin(angle)) * radius;
  }
  return polygon;
}

}  // namespace

QPainterPath marker_path(Marker marker, QPointF centre, double half) {
  QPainterPath path;
  const auto polygon = [&](const QPolygonF& points) {
    path.addPolygon(points);
    path.closeSubpath();
  };
  switch (marker) {
    case Marker::none:
      break;
    case Marker::disc:
      path.addEllipse(centre, half, half);
      break;
    case Marker::square:
      path.addRect(QRectF(centre.x() - half * 0.9, centre.y() - half * 0.9, half * 1.8, half * 1.8));
      break;
    case Marker::triangle_up:
      polygon(regular(centre, 3, 90, half * 1.35, half * 1.35));
      break;
    case Marker::diamond:
      polygon(regular(centre, 4, 90, half * 1.3, half * 1.3));
      break;
    case Marker::triangle_down:
      polygon(regular(centre, 3, -90, half * 1.35, half * 1.35));
      break;
    case Marker::pentagon:
      polygon(regular(centre, 5, 90, half * 1.15, half * 1.15));
      break;
    case Marker::star:
      polygon(regular(centre, 10, 90, half * 1.55, half * 0.7));
      break;
    case Marker::triangle_right:
      polygon(regular(centre, 3, 0, half * 1.35, half * 1.35));
      break;
  }
  return path;
}

QPainterPath hollow_cross_path(QPointF centre, double half) {
  const double arm = half * 0.36;  // half the thickness of a beam
  const QPolygonF plus{{QPointF(-arm, -half), QPointF(arm, -half), QPointF(arm, -arm), QPointF(half, -arm),
                        QPointF(half, arm), QPointF(arm, arm), QPointF(arm, half), QPointF(-arm, half),
                        QPointF(-arm, arm), QPointF(-half, arm), QPointF(-half, -arm), QPointF(-arm, -arm)}};
  QPainterPath path;
  path.addPolygon(QTransform().translate(centre.x(), centre.y()).rotate(45).scale(1.3, 1.3).map(plus));
  path.closeSubpath();
  return path;
}

}  // namespace attnscope::gui::plot
