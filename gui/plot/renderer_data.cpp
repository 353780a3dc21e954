// The part of PlotRenderer that draws data: curves, intervals, markers, failed cases, lines and labels.
#include <QCoreApplication>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "gui/plot/clip_geometry.h"
#include "gui/plot/marker.h"
#include "gui/plot/renderer.h"
#include "gui/plot/scene_geometry.h"
#include "gui/plot/scene_labels.h"

namespace attnscope::gui::plot {

void PlotRenderer::paint_line(QPainter& painter, const Curve& curve, double width) const {
  if (curve.dash == Dash::none) return;
  painter.setBrush(Qt::NoBrush);
  const Dash dash = theme_.dash(curve.slot, curve.dash, has_free_dash(curve));
  painter.setPen(series_pen(theme_.series_color(curve.slot), width, dash));
  for (const QPolygonF& run : polylines(scene_, to_, curve)) {
    for (const QPolygonF& part : clip_polyline(layout_.area, run)) painter.drawPolyline(part);
  }
}

void PlotRenderer::paint_band(QPainter& painter, const Curve& curve, double opacity) const {
  QColor color = theme_.series_color(curve.slot);
  color.setAlphaF(static_cast<float>(opacity));
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  QPolygonF upper, lower;
  const auto flush = [&] {
    std::reverse(lower.begin(), lower.end());
    if (upper.size() > 1) painter.drawPolygon(clip_polygon(layout_.area, upper + lower));
    upper.clear();
    lower.clear();
  };
  for (const CurvePoint& point : curve.points) {
    const bool has_place = is_drawable(scene_, point) && point.interval &&
                           is_drawable(scene_.y.scale, point.interval->lo) &&
                           is_drawable(scene_.y.scale, point.interval->hi);
    if (!has_place) {
      flush();
      continue;
    }
    upper << to_.pixel(point.x, point.interval->hi);
    lower << to_.pixel(point.x, point.interval->lo);
  }
  flush();
}

void PlotRenderer::paint_clouds(QPainter& painter) const {
  constexpr float opacity = 0.35F;
  constexpr double width = 2.6;
  for (const Cloud& cloud : scene_.clouds) {
    if (!cloud.visible) continue;
    QColor color = theme_.series_color(cloud.slot);
    color.setAlphaF(opacity);
    painter.setPen(QPen(color, width, Qt::SolidLine, Qt::RoundCap));
    QPolygonF dots;
    for (const QPointF& point : cloud.points) {
      if (!is_drawable(scene_, {point.x(), point.y(), {}})) continue;
      const QPointF at = to_.pixel(point.x(), point.y());
      if (layout_.area.contains(at)) dots << at;
    }
    painter.drawPoints(dots);
  }
}

void PlotRenderer::paint_bars(QPainter& painter, const Curve& curve) const {
  painter.setPen(QPen(theme_.series_color(curve.slot), std::max(1.0, theme_.line_width * 0.7)));
  for (const CurvePoint& point : curve.points) {
    if (!is_drawable(scene_, point) || !point.interval || !is_drawable(scene_.y.scale, point.interval->lo) ||
        !is_drawable(scene_.y.scale, point.interval->hi)) {
      continue;
    }
    const QPointF lo = to_.pixel(point.x, point.interval->lo), hi = to_.pixel(point.x, point.interval->hi);
    const QPointF cap(4, 0);
    for (const QLineF& line : {QLineF(lo, hi), QLineF(lo - cap, lo + cap), QLineF(hi - cap, hi + cap)}) {
      if (const auto part = clip_segment(layout_.area, line)) painter.drawLine(*part);
    }
  }
}

void PlotRenderer::paint_marker(QPainter& painter, Marker marker, QPointF at, double half, const QColor& color,
                                bool hollow) const {
  if (marker == Marker::none) return;
  // A rim in the background's colour keeps markers apart where they touch.
  painter.setPen(hollow ? QPen(color, 1.5) : QPen(theme_.background.alpha() > 0 ? theme_.background : Qt::white, 0.8));
  painter.setBrush(hollow ? QBrush(theme_.background.alpha() > 0 ? theme_.background : Qt::white) : QBrush(color));
  painter.drawPath(marker_path(marker, at, half));
}

void PlotRenderer::paint_markers(QPainter& painter, const Curve& curve, double enlarged) const {
  if (curve.marker == Marker::none) return;
  const QColor color = theme_.series_color(curve.slot);
  if (is_dense_) return paint_dense_markers(painter, curve, enlarged);
  for (const CurvePoint& point : curve.points) {
    if (!is_drawable(scene_, point)) continue;
    const QPointF at = to_.pixel(point.x, point.y);
    if (!layout_.area.contains(at)) continue;
    paint_marker(painter, curve.marker, at, marker_half(point, theme_) * enlarged, color, point.hollow);
  }
}

bool PlotRenderer::has_many_points() const {
  constexpr std::size_t many = 2000;
  std::size_t points = 0;
  for (const Curve& curve : scene_.curves) {
    if (curve.visible && curve.marker != Marker::none) points += curve.points.size();
  }
  return points > many;
}

// In a dense cloud many points share a pixel: one marker per pixel draws the same picture. On the screen they are
// stamps of one marker, which costs a fraction of drawing each.
void PlotRenderer::paint_dense_markers(QPainter& painter, const Curve& curve, double enlarged) const {
  const QColor color = theme_.series_color(curve.slot);
  const double half = theme_.marker_size * enlarged, ratio = painter.device()->devicePixelRatioF();
  const bool stamps = target_ != Target::vector && painter.worldTransform().type() <= QTransform::TxTranslate;
  const double reach = std::ceil(half * 1.6 + 1);
  std::array<QImage, 2> stamp;  // filled, hollow
  for (const bool hollow : {false, true}) {
    if (!stamps) break;
    QImage& image = stamp[hollow ? 1 : 0];
    image = QImage(QSizeF(2 * reach * ratio, 2 * reach * ratio).toSize(), QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(ratio);
    image.fill(Qt::transparent);
    QPainter on_stamp(&image);
    on_stamp.setRenderHint(QPainter::Antialiasing);
    paint_marker(on_stamp, curve.marker, {reach, reach}, half, color, hollow);
  }
  const auto columns = static_cast<std::size_t>(layout_.area.width()) + 1;
  std::vector<bool> taken(columns * (static_cast<std::size_t>(layout_.area.height()) + 1));
  for (const CurvePoint& point : curve.points) {
    if (!is_drawable(scene_, point)) continue;
    const QPointF at = to_.pixel(point.x, point.y);
    if (!layout_.area.contains(at)) continue;
    const QPointF place = at - layout_.area.topLeft();
    const auto pixel = static_cast<std::size_t>(place.y()) * columns + static_cast<std::size_t>(place.x());
    if (taken[pixel]) continue;
    taken[pixel] = true;
    if (stamps && point.size == 1) {
      painter.drawImage((at - QPointF(reach, reach)).toPoint(), stamp[point.hollow ? 1 : 0]);
    } else {
      paint_marker(painter, curve.marker, at, marker_half(point, theme_) * enlarged, color, point.hollow);
    }
  }
}

void PlotRenderer::paint_failed_mark(QPainter& painter, const FailedMark& mark, QPointF at) const {
  painter.setPen(QPen(theme_.series_color(mark.slot), 1.3));
  painter.setBrush(Qt::NoBrush);
  painter.drawPath(hollow_cross_path(at, failed_mark_half));
}

void PlotRenderer::paint_lane(QPainter& painter) const {
  if (layout_.lane.isNull()) return;
  const auto positions = failed_positions(scene_, layout_);
  for (std::size_t f = 0; f < positions.size(); ++f) {
    if (positions[f]) paint_failed_mark(painter, scene_.failed[f], *positions[f]);
  }
  QFont font = theme_.font;
  font.setPixelSize(std::max(6, font.pixelSize() - 1));
  painter.setFont(font);
  painter.setPen(theme_.muted_text);
  painter.drawText(QRectF(layout_.y_labels.left(), layout_.lane.top(), layout_.y_labels.width(), layout_.lane.height()),
                   Qt::AlignRight | Qt::AlignBottom, QCoreApplication::translate("plot::Renderer", "failed"));
  painter.setFont(theme_.font);
}

void PlotRenderer::paint_arrow_head(QPainter& painter, const QLineF& line, const QColor& color) const {
  constexpr double length = 9, half_width = 3.5;
  if (line.length() < 1) return;
  const QPointF along = (line.p2() - line.p1()) / line.length(), across(-along.y(), along.x());
  const QPointF base = line.p2() - along * length;
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  painter.drawPolygon(QPolygonF{line.p2(), base + across * half_width, base - across * half_width});
}

void PlotRenderer::paint_reference_lines(QPainter& painter) const {
  for (const ReferenceLine& line : scene_.reference_lines) {
    const auto part = visible_part(scene_, layout_, line);
    if (!part) continue;
    const QColor color = theme_.series_color(line.slot);
    painter.setPen(series_pen(color, 1.2, line.dash));
    painter.drawLine(*part);
    const bool ends_inside = line.kind == ReferenceLine::Kind::segment &&
                             QLineF(part->p2(), to_.pixel(line.to.x(), line.to.y())).length() < 1;
    if (line.arrow && ends_inside) paint_arrow_head(painter, *part, color);
  }
}

void PlotRenderer::paint_note_marks(QPainter& painter) const {
  painter.setPen(QPen(theme_.text, 1.2));
  painter.setBrush(Qt::NoBrush);
  for (const Note& note : scene_.notes) {
    const QPointF target = note.anchor.value_or(note.at);
    if (!is_drawable(scene_, {target.x(), target.y(), {}})) continue;
    const QPointF at = to_.pixel(target.x(), target.y());
    if (layout_.area.contains(at)) painter.drawEllipse(at, 5, 5);
  }
}

void PlotRenderer::paint_labels(QPainter& painter) const {
  for (const PlacedLabel& label : place_labels(scene_, layout_, theme_)) {
    const bool is_note = label.kind == PlacedLabel::Kind::note;
    const QColor color = is_note ? theme_.text : theme_.series_color(label.slot);
    if (label.leader) {
      QColor faint = color;
      faint.setAlphaF(0.5F);
      painter.setPen(QPen(faint, 0.8));
      painter.drawLine(*label.leader);
    }
    if (is_note) {
      QColor paper = theme_.background;
      paper.setAlphaF(0.88F);
      painter.setPen(QPen(theme_.grid, 1));
      painter.setBrush(paper);
      painter.drawRoundedRect(label.box, 3, 3);
    }
    painter.setPen(color);
    painter.save();
    painter.translate(label.box.center());
    painter.rotate(label.angle);
    constexpr double half = 2000;  // no limit: the text was measured when it was placed
    painter.drawText(QRectF(-half, -half, 2 * half, 2 * half), Qt::AlignCenter, label.text);
    painter.restore();
  }
}

}  // namespace attnscope::gui::plot
