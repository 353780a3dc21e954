#include "gui/plot/renderer.h"

#include <algorithm>
#include <cmath>

#include "gui/plot/clip_geometry.h"
#include "gui/plot/marker.h"
#include "gui/plot/scene_geometry.h"

namespace attnscope::gui::plot {
namespace {

QFont resized(const QFont& base, int delta, bool bold = false) {
  QFont font = base;
  font.setPixelSize(std::max(6, base.pixelSize() + delta));
  font.setBold(bold);
  return font;
}

}  // namespace

double PlotRenderer::snapped(double pixel) const { return target_ == Target::vector ? pixel : std::floor(pixel) + 0.5; }

void PlotRenderer::paint(QPainter& painter) const {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(theme_.font);
  if (theme_.background.alpha() > 0) painter.fillRect(layout_.outer, theme_.background);
  paint_regions(painter);
  paint_grid(painter);
  paint_cells(painter);
  if (target_ != Target::draft) {
    for (const Curve& curve : scene_.curves) {
      if (curve.visible && scene_.intervals == IntervalStyle::band) paint_band(painter, curve, 0.16);
    }
    paint_clouds(painter);
  }
  paint_axes(painter);
  paint_reference_lines(painter);
  for (const Curve& curve : scene_.curves) {
    if (!curve.visible) continue;
    paint_line(painter, curve, theme_.line_width);
    if (scene_.intervals == IntervalStyle::bars && target_ != Target::draft) paint_bars(painter, curve);
  }
  for (const Curve& curve : scene_.curves) {
    if (curve.visible) paint_markers(painter, curve, 1);
  }
  paint_lane(painter);
  paint_note_marks(painter);
  paint_labels(painter);
  paint_titles(painter);
  paint_keys(painter);
  if (drawable_count(scene_) == 0) paint_empty_message(painter);
  painter.restore();
}

void PlotRenderer::paint_grid(QPainter& painter) const {
  if (!scene_.grid) return;
  const QRectF& area = layout_.area;
  const auto x = x_ticks(scene_, layout_, theme_), y = y_ticks(scene_, layout_, theme_);
  painter.setRenderHint(QPainter::Antialiasing, target_ == Target::vector);
  for (const bool major : {false, true}) {
    painter.setPen(QPen(major ? theme_.grid : theme_.minor_grid, 1));
    for (const Tick& tick : x) {
      const double at = snapped(to_.x(tick.value));
      if (tick.major == major) painter.drawLine(QLineF(at, area.top(), at, area.bottom()));
    }
    for (const Tick& tick : y) {
      const double at = snapped(to_.y(tick.value));
      if (tick.major == major) painter.drawLine(QLineF(area.left(), at, area.right(), at));
    }
  }
  painter.setRenderHint(QPainter::Antialiasing);
}

void PlotRenderer::paint_axes(QPainter& painter) const {
  const QRectF& area = layout_.area;
  QFont x_font = theme_.font, y_font = theme_.font;
  x_font.setPixelSize(layout_.x_label_size);
  y_font.setPixelSize(layout_.y_label_size);
  const QFontMetricsF metrics(x_font), y_metrics(y_font);
  painter.setPen(QPen(theme_.frame, 1));
  painter.setBrush(Qt::NoBrush);
  const double left = snapped(area.left()), top = snapped(area.top()), right = snapped(area.right()),
               bottom = snapped(area.bottom());
  painter.drawRect(QRectF(QPointF(left, top), QPointF(right, bottom)));
  painter.setFont(x_font);
  for (const Tick& tick : x_ticks(scene_, layout_, theme_)) {
    const double at = to_.x(tick.value), line = snapped(at);
    painter.setPen(QPen(theme_.frame, 1));
    painter.drawLine(QLineF(line, bottom, line, bottom + (tick.major ? 6 : 3)));
    if (tick.label.isEmpty()) continue;
    painter.setPen(theme_.text);
    if (layout_.x_labels_turned) {
      const double length = layout_.x_labels.height(), half = metrics.height();
      painter.save();
      painter.translate(at, layout_.x_labels.top());
      painter.rotate(-90);
      painter.drawText(QRectF(-length, -half, length, 2 * half), Qt::AlignRight | Qt::AlignVCenter,
                       metrics.elidedText(tick.label, Qt::ElideRight, length));
      painter.restore();
      continue;
    }
    const double width = metrics.horizontalAdvance(tick.label) + 4;
    painter.drawText(QRectF(at - width / 2, layout_.x_labels.top(), width, layout_.x_labels.height()), Qt::AlignCenter,
                     tick.label);
  }
  painter.setFont(y_font);
  for (const Tick& tick : y_ticks(scene_, layout_, theme_)) {
    const double at = to_.y(tick.value), line = snapped(at);
    painter.setPen(QPen(theme_.frame, 1));
    painter.drawLine(QLineF(left - (tick.major ? 6 : 3), line, left, line));
    if (tick.label.isEmpty()) continue;
    painter.setPen(theme_.text);
    painter.drawText(
        QRectF(layout_.y_labels.left(), at - y_metrics.height(), layout_.y_labels.width(), y_metrics.height() * 2),
        Qt::AlignRight | Qt::AlignVCenter,
        scene_.y.is_category() ? y_metrics.elidedText(tick.label, Qt::ElideRight, layout_.y_labels.width())
                               : tick.label);
  }
  painter.setFont(theme_.font);
}

void PlotRenderer::paint_titles(QPainter& painter) const {
  const QFontMetricsF metrics(theme_.font);
  painter.setPen(theme_.text);
  painter.drawText(layout_.x_title, Qt::AlignHCenter | Qt::AlignBottom, scene_.x.title);
  if (!scene_.y.title.isEmpty()) {
    const QRectF& box = layout_.y_title;
    const QString text = metrics.elidedText(scene_.y.title, Qt::ElideRight, box.height());
    const double length = metrics.horizontalAdvance(text) + 4, half = length / 2;
    const double middle = std::clamp(layout_.area.center().y(), std::min(box.top() + half, box.center().y()),
                                     std::max(box.bottom() - half, box.center().y()));
    painter.save();
    painter.translate(box.left() + metrics.height() / 2, middle);
    painter.rotate(-90);
    painter.drawText(QRectF(-half, -metrics.height() / 2, length, metrics.height()), Qt::AlignCenter, text);
    painter.restore();
  }
  if (!scene_.title.isEmpty()) {
    const QFont font = resized(theme_.font, 1, true);
    painter.setFont(font);
    painter.drawText(layout_.title, Qt::AlignLeft | Qt::AlignVCenter,
                     QFontMetricsF(font).elidedText(scene_.title, Qt::ElideRight, layout_.title.width()));
  }
  paint_caption(painter);
}

void PlotRenderer::paint_caption(QPainter& painter) const {
  if (!scene_.caption.isEmpty()) {
    painter.setFont(resized(theme_.font, -1));
    painter.setPen(theme_.muted_text);
    painter.drawText(layout_.caption, Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, scene_.caption);
  }
  painter.setFont(theme_.font);
}

void PlotRenderer::paint_surroundings(QPainter& painter) const {
  paint_keys(painter);
  paint_caption(painter);
}

void PlotRenderer::paint_keys(QPainter& painter) const {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(theme_.font);
  paint_legend(painter);
  if (scene_.shade_key) paint_shade_key(painter);
  painter.restore();
}

void PlotRenderer::paint_legend(QPainter& painter) const {
  if (layout_.legend.isNull()) return;
  const QFontMetricsF metrics(theme_.font);
  for (std::size_t i = 0; i < layout_.legend_rows.size(); ++i) {
    const QRectF& box = layout_.legend_rows[i];
    if (box.isNull()) continue;
    const LegendRow& row = layout_.legend_entries[i];
    QColor color = row.kind == LegendRow::Kind::group ? theme_.series_color(row.slot) : theme_.text;
    QColor text = theme_.text, muted = theme_.muted_text;
    if (!row.visible) {
      for (QColor* c : {&color, &text, &muted}) c->setAlphaF(0.35F);
    }
    const double y = box.center().y(), x = box.left() + 2;
    if (row.swatch) {
      painter.fillRect(QRectF(x, y - 5, legend_sample_width - 4, 10), color);
    } else {
      painter.setPen(series_pen(color, theme_.line_width, theme_.dash(row.slot, row.dash, row.has_free_dash)));
      painter.drawLine(QLineF(x, y, x + legend_sample_width - 4, y));
    }
    const QPointF middle(x + (legend_sample_width - 4) / 2, y);
    if (row.kind == LegendRow::Kind::group) paint_marker(painter, row.marker, middle, theme_.marker_size, color, false);
    painter.setPen(text);
    const QRectF text_box = box.adjusted(legend_sample_width + legend_text_gap, 0, 0, 0);
    const double note = row.note.isEmpty() ? 0 : metrics.horizontalAdvance(row.note) + legend_note_gap;
    const double room = text_box.width() - note + 1;
    painter.drawText(text_box, Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(row.text, Qt::ElideRight, room));
    painter.setPen(muted);
    painter.drawText(text_box, Qt::AlignRight | Qt::AlignVCenter, row.note);
  }
  if (layout_.legend_left_out > 0) {
    painter.setPen(theme_.muted_text);
    painter.drawText(layout_.legend_left_out_row, Qt::AlignLeft | Qt::AlignVCenter,
                     QStringLiteral("+ %1 …").arg(layout_.legend_left_out));
  }
}

void PlotRenderer::paint_empty_message(QPainter& painter) const {
  painter.setPen(theme_.muted_text);
  painter.drawText(layout_.area.adjusted(20, 20, -20, -20), Qt::AlignCenter | Qt::TextWordWrap, scene_.empty_message);
}

std::optional<QPointF> PlotRenderer::position(const Hit& hit) const {
  if (hit.kind == Hit::Kind::failed) return failed_positions(scene_, layout_)[hit.item];
  if (hit.kind == Hit::Kind::cell) {
    const QRectF cell = cell_rectangle(scene_.cells[hit.item]);
    return cell.isEmpty() ? std::nullopt : std::optional(cell.center());
  }
  const CurvePoint& point = scene_.curves[hit.item].points[hit.point];
  if (!is_drawable(scene_, point)) return std::nullopt;
  const QPointF at = to_.pixel(point.x, point.y);
  return layout_.area.contains(at) ? std::optional(at) : std::nullopt;
}

void PlotRenderer::paint_focus(QPainter& painter, std::span<const Hit> hits) const {
  QStringList names;
  for (const Hit& hit : hits) {
    if (hit.kind == Hit::Kind::cell) {
      paint_ring(painter, hit, 0);
    } else {
      names << (hit.kind == Hit::Kind::point ? scene_.curves[hit.item].name : scene_.failed[hit.item].name);
    }
  }
  if (names.isEmpty()) return;
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  QColor veil = theme_.background;
  veil.setAlphaF(static_cast<float>(1 - theme_.dimmed));
  painter.fillRect(layout_.area.adjusted(1, 1, -1, -1), veil);
  for (const Curve& curve : scene_.curves) {
    if (!curve.visible || !names.contains(curve.name)) continue;
    if (scene_.intervals == IntervalStyle::band) paint_band(painter, curve, 0.3);
    paint_line(painter, curve, theme_.line_width * 1.5);
    if (scene_.intervals == IntervalStyle::bars) paint_bars(painter, curve);
    paint_markers(painter, curve, 1.3);
  }
  const auto positions = failed_positions(scene_, layout_);
  for (std::size_t f = 0; f < positions.size(); ++f) {
    if (!positions[f] || !names.contains(scene_.failed[f].name)) continue;
    paint_failed_mark(painter, scene_.failed[f], *positions[f]);
  }
  painter.restore();
}

void PlotRenderer::paint_ring(QPainter& painter, const Hit& hit, double radius) const {
  const std::optional<QPointF> at = position(hit);
  if (!at) return;
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setBrush(Qt::NoBrush);
  if (hit.kind == Hit::Kind::cell) {
    paint_cell_frame(painter, cell_rectangle(scene_.cells[hit.item]));
    painter.restore();
    return;
  }
  const bool is_point = hit.kind == Hit::Kind::point;
  const int slot = is_point ? scene_.curves[hit.item].slot : scene_.failed[hit.item].slot;
  // Around a bubble the ring keeps its distance.
  if (is_point) radius += marker_half(scene_.curves[hit.item].points[hit.point], theme_) - theme_.marker_size;
  painter.setPen(QPen(theme_.text, 3.2));
  painter.drawEllipse(*at, radius, radius);
  painter.setPen(QPen(theme_.series_color(slot), 2));
  painter.drawEllipse(*at, radius, radius);
  painter.restore();
}

}  // namespace attnscope::gui::plot
