// Clipping of lines and areas to a rectangle. Qt's SVG generator ignores QPainter's clipping, so what leaves the frame
// has to be cut before it is drawn.
#pragma once

#include <QLineF>
#include <QPolygonF>
#include <QRectF>
#include <optional>
#include <vector>

namespace attnscope::gui::plot {

// The part of the segment inside the rectangle (Liang-Barsky); nullopt when there is none.
std::optional<QLineF> clip_segment(const QRectF& rect, const QLineF& segment);

// The parts of the polyline inside the rectangle, in order.
std::vector<QPolygonF> clip_polyline(const QRectF& rect, const QPolygonF& line);

// The polygon's intersection with the rectangle (Sutherland-Hodgman); empty when there is none.
QPolygonF clip_polygon(const QRectF& rect, const QPolygonF& polygon);

}  // namespace attnscope::gui::plot
