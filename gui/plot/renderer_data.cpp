// The part of PlotRenderer that draws data: curves, intervals, markers, failed cases, notes and labels.
#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "gui/plot/clip_geometry.h"
#include "gui/plot/label_placer.h"
#include "gui/plot/marker.h"
#include "gui/plot/renderer.h"

namespace attnscope::gui::plot {

std::vector<QPolygonF> PlotRenderer::polylines(const Curve& curve) const {
  std::vector<QPolygonF> runs(1);
  for (const CurvePoint& point : curve.points) {
    if (is_drawable(scene_, point)) {
      runs.back() << to_.pixel(point.x, point.y);
    } else if (!runs.back().isEmpty()) {
      runs.emplace_back();
    }
  }
  return runs;
}

void PlotRenderer::paint_line(QPainter& painter, const Curve& curve, double width) const {
  if (curve.dash == Dash::none) return;
  painter.setBrush(Qt::NoBrush);
  painter.setPen(series_pen(theme_.series_color(curve.slot), width, curve.dash));
  for (const QPolygonF& run : polylines(curve)) {
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

void PlotRenderer::paint_markers(QPainter& painter, const Curve& curve, double half) const {
  if (curve.marker == Marker::none) return;
  const QColor color = theme_.series_color(curve.slot);
  // In a dense cloud many points share a pixel; one marker per pixel draws the same picture.
  const bool dense = curve.points.size() > 2000;
  std::unordered_set<std::int64_t> taken;
  for (const CurvePoint& point : curve.points) {
    if (!is_drawable(scene_, point)) continue;
    const QPointF at = to_.pixel(point.x, point.y);
    if (!layout_.area.contains(at)) continue;
    if (dense) {
      const auto pixel = (static_cast<std::int64_t>(at.y()) << 32) | static_cast<std::int64_t>(at.x());
      if (!taken.insert(pixel).second) continue;
    }
    paint_marker(painter, curve.marker, at, half, color, point.hollow);
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

void PlotRenderer::paint_reference_lines(QPainter& painter) const {
  const QRectF& area = layout_.area;
  const QFontMetricsF metrics(theme_.font);
  for (const ReferenceLine& line : scene_.reference_lines) {
    QLineF pixels;
    switch (line.kind) {
      case ReferenceLine::Kind::horizontal: {
        if (!is_drawable(scene_.y.scale, line.from.y())) continue;
        const double y = to_.y(line.from.y());
        pixels = QLineF(area.left(), y, area.right(), y);
        break;
      }
      case ReferenceLine::Kind::vertical: {
        if (!is_drawable(scene_.x.scale, line.from.x())) continue;
        const double x = to_.x(line.from.x());
        pixels = QLineF(x, area.bottom(), x, area.top());
        break;
      }
      case ReferenceLine::Kind::segment: {
        if (!is_drawable(scene_, {line.from.x(), line.from.y(), {}}) ||
            !is_drawable(scene_, {line.to.x(), line.to.y(), {}}))
          continue;
        pixels = QLineF(to_.pixel(line.from.x(), line.from.y()), to_.pixel(line.to.x(), line.to.y()));
        break;
      }
    }
    const auto part = clip_segment(area, pixels);
    if (!part) continue;
    painter.setPen(series_pen(theme_.muted_text, 1.2, line.dash));
    painter.drawLine(*part);
    const double width = metrics.horizontalAdvance(line.label);
    if (line.label.isEmpty() || part->length() < width + 16) continue;
    // The label runs along the line, upright, near the end where it leaves the frame.
    QLineF direction = part->dx() < 0 ? QLineF(part->p2(), part->p1()) : *part;
    const double angle = std::atan2(direction.dy(), direction.dx()) * 180 / M_PI;
    painter.save();
    painter.translate(direction.pointAt(1 - (width + 10) / direction.length()));
    painter.rotate(angle);
    painter.setPen(theme_.muted_text);
    const bool flat_at_top = std::abs(direction.dy()) < 1 && direction.y1() - area.top() < metrics.height() + 6;
    painter.drawText(QPointF(0, flat_at_top ? metrics.ascent() + 2 : -4), line.label);
    painter.restore();
  }
}

void PlotRenderer::paint_notes(QPainter& painter) const {
  const QFontMetricsF metrics(theme_.font);
  std::vector<NoteRequest> requests;
  std::vector<const Note*> notes;
  for (const Note& note : scene_.notes) {
    if (!is_drawable(scene_, {note.at.x(), note.at.y(), {}})) continue;
    const QPointF at = to_.pixel(note.at.x(), note.at.y());
    if (!layout_.area.contains(at)) continue;
    requests.push_back({at, QSizeF(metrics.horizontalAdvance(note.text) + 10, metrics.height() + 4)});
    notes.push_back(&note);
  }
  std::vector<QRectF> anchors;
  for (const NoteRequest& request : requests) anchors.push_back(QRectF(request.anchor - QPointF(6, 6), QSizeF(12, 12)));
  const auto places = place_beside(requests, anchors, layout_.area.adjusted(2, 2, -2, -2));
  for (std::size_t i = 0; i < notes.size(); ++i) {
    painter.setPen(QPen(theme_.text, 1.2));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(requests[i].anchor, 5, 5);
    if (!places[i]) continue;
    QColor paper = theme_.background;
    paper.setAlphaF(0.88F);
    painter.setPen(QPen(theme_.grid, 1));
    painter.setBrush(paper);
    painter.drawRoundedRect(*places[i], 3, 3);
    painter.setPen(theme_.text);
    painter.drawText(*places[i], Qt::AlignCenter, notes[i]->text);
  }
}

std::vector<QRectF> PlotRenderer::curve_obstacles() const {
  constexpr double step = 8, half = 4;
  std::vector<QRectF> obstacles;
  for (const Curve& curve : scene_.curves) {
    if (!curve.visible || curve.dash == Dash::none) continue;
    for (const QPolygonF& run : polylines(curve)) {
      for (const QPolygonF& part : clip_polyline(layout_.area, run)) {
        for (qsizetype i = 1; i < part.size(); ++i) {
          const QLineF segment(part[i - 1], part[i]);
          const int pieces = std::max(1, static_cast<int>(segment.length() / step));
          for (int k = 0; k <= pieces; ++k) {
            obstacles.push_back(
                QRectF(segment.pointAt(1.0 * k / pieces) - QPointF(half, half), QSizeF(2 * half, 2 * half)));
          }
        }
      }
    }
  }
  return obstacles;
}

void PlotRenderer::paint_end_labels(QPainter& painter) const {
  const QFontMetricsF metrics(theme_.font);
  constexpr double near_edge = 70;
  struct End {
    const Curve* curve;
    QPointF at;
  };
  std::vector<End> in_gutter, in_frame;
  std::vector<NoteRequest> requests_in_frame;
  for (const Curve& curve : scene_.curves) {
    if (!curve.visible || curve.end_label.isEmpty()) continue;
    const auto is_shown = [&](const CurvePoint& point) {
      return is_drawable(scene_, point) && layout_.area.contains(to_.pixel(point.x, point.y));
    };
    const auto last = std::find_if(curve.points.rbegin(), curve.points.rend(), is_shown);
    if (last == curve.points.rend()) continue;
    const QPointF at = to_.pixel(last->x, last->y);
    if (layout_.area.right() - at.x() < near_edge) {
      in_gutter.push_back({&curve, at});
    } else {
      // A curve that ends early, for want of memory say, keeps its name where it ends, if there is room.
      in_frame.push_back({&curve, at});
      requests_in_frame.push_back({at, QSizeF(metrics.horizontalAdvance(curve.end_label), metrics.height())});
    }
  }
  const auto places = place_beside(requests_in_frame, curve_obstacles(), layout_.area.adjusted(2, 2, -2, -2));
  for (std::size_t i = 0; i < in_frame.size(); ++i) {
    if (!places[i]) {
      in_gutter.push_back(in_frame[i]);
      continue;
    }
    painter.setPen(theme_.series_color(in_frame[i].curve->slot));
    painter.drawText(*places[i], Qt::AlignCenter, in_frame[i].curve->end_label);
  }

  std::vector<LabelRequest> requests;
  for (const End& end : in_gutter) requests.push_back({end.at.y(), metrics.height() * 0.98});
  const auto centres = place_along_line(requests, layout_.area.top(), layout_.area.bottom());
  for (std::size_t i = 0; i < in_gutter.size(); ++i) {
    if (!centres[i]) continue;
    const auto& [curve, at] = in_gutter[i];
    QColor color = theme_.series_color(curve->slot);
    const double x = layout_.end_labels.left() + 12;
    const bool is_far = layout_.area.right() - at.x() >= near_edge;
    if (is_far || std::abs(*centres[i] - at.y()) > metrics.height() * 0.6) {
      QColor faint = color;
      faint.setAlphaF(0.5F);
      painter.setPen(QPen(faint, 0.8));
      const double from = is_far ? at.x() + theme_.marker_size + 2 : layout_.area.right() + 1;
      painter.drawLine(QLineF(from, at.y(), x - 2, *centres[i]));
    }
    painter.setPen(color);
    painter.drawText(QRectF(x, *centres[i] - metrics.height(), layout_.end_labels.width(), metrics.height() * 2),
                     Qt::AlignLeft | Qt::AlignVCenter, curve->end_label);
  }
}

}  // namespace attnscope::gui::plot
