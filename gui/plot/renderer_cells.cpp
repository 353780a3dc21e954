// The part of PlotRenderer that draws areas: regions, the cells of matrices, and the key of their shades.
#include <QLinearGradient>
#include <algorithm>
#include <array>
#include <cmath>

#include "gui/plot/renderer.h"
#include "gui/plot/scene_geometry.h"

namespace attnscope::gui::plot {

void PlotRenderer::paint_regions(QPainter& painter) const {
  for (const Region& region : scene_.regions) {
    const QRectF part = visible_part(scene_, layout_, region);
    if (part.isEmpty()) continue;
    QColor color = theme_.series_color(region.slot);
    color.setAlphaF(0.12F);
    painter.fillRect(part, color);
  }
}

QRectF PlotRenderer::cell_rectangle(const Cell& cell) const {
  return is_drawable(scene_, cell) ? to_.rectangle(cell.area) & layout_.area : QRectF();
}

QColor PlotRenderer::cell_color(const Cell& cell) const {
  if (cell.slot >= 0) return theme_.series_color(cell.slot);
  return std::isnan(cell.shade) ? theme_.minor_grid : theme_.shade_color(cell.shade, scene_.diverging);
}

void PlotRenderer::paint_cells(QPainter& painter) const {
  if (scene_.cells.empty()) return;
  // One size for all texts, the largest at which every one fits; at the smallest those that do not fit are left out.
  constexpr std::array deltas{0, -1, -2, -3};
  constexpr double padding = 3, widest_gap = 1;
  QFont font = theme_.font;
  std::vector<QRectF> fields;
  for (const Cell& cell : scene_.cells) fields.push_back(cell_rectangle(cell));
  const auto fits = [&](const QFontMetricsF& metrics, std::size_t i) {
    return metrics.horizontalAdvance(scene_.cells[i].text) + padding <= fields[i].width() &&
           metrics.ascent() <= fields[i].height();
  };
  for (const int delta : deltas) {
    font.setPixelSize(std::max(7, theme_.font.pixelSize() + delta));
    const QFontMetricsF metrics(font);
    bool all = true;
    for (std::size_t i = 0; i < fields.size() && all; ++i) all = fields[i].isEmpty() || fits(metrics, i);
    if (all) break;
  }
  const QFontMetricsF metrics(font);
  painter.setFont(font);
  painter.setRenderHint(QPainter::Antialiasing, target_ == Target::vector);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const QRectF& field = fields[i];
    if (field.isEmpty()) continue;
    // A thin gap tells neighbours of similar shade apart, where there is room for it.
    const double gap = std::min(field.width(), field.height()) > 8 ? widest_gap / 2 : 0;
    const QRectF paper(QPointF(snapped(field.left()), snapped(field.top())),
                       QPointF(snapped(field.right()), snapped(field.bottom())));
    const QColor color = cell_color(scene_.cells[i]);
    painter.fillRect(paper.adjusted(gap, gap, -gap, -gap), color);
    if (scene_.cells[i].text.isEmpty() || !fits(metrics, i)) continue;
    painter.setPen(text_color_on(color));
    painter.drawText(field, Qt::AlignCenter, scene_.cells[i].text);
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (scene_.cells[i].framed && !fields[i].isEmpty()) paint_cell_frame(painter, fields[i]);
  }
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(theme_.font);
}

void PlotRenderer::paint_cell_frame(QPainter& painter, const QRectF& frame) const {
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(theme_.text, 2));
  painter.drawRect(frame);
  painter.setPen(QPen(theme_.background, 1));
  painter.drawRect(frame.adjusted(1.5, 1.5, -1.5, -1.5));
}

void PlotRenderer::paint_shade_key(QPainter& painter) const {
  const QRectF& box = layout_.shade_key;
  if (box.isEmpty()) return;
  const QFontMetricsF metrics(theme_.font);
  const ShadeKey& key = *scene_.shade_key;
  double top = box.top();
  painter.setPen(theme_.text);
  if (!key.title.isEmpty()) {
    painter.drawText(QRectF(box.left(), top, box.width(), metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(key.title, Qt::ElideRight, box.width()));
    top += metrics.height() + 4;
  }
  const QRectF strip(box.left(), top, box.width(), shade_key_ramp_height);
  QLinearGradient gradient(strip.topLeft(), strip.topRight());
  constexpr int stops = 16;
  for (int i = 0; i <= stops; ++i) {
    const double place = 1.0 * i / stops;
    gradient.setColorAt(place, theme_.shade_color(place, scene_.diverging));
  }
  painter.setPen(QPen(theme_.frame, 1));
  painter.setBrush(gradient);
  painter.drawRect(strip);
  painter.setPen(theme_.text);
  const double last = std::max<double>(1, static_cast<double>(key.labels.size()) - 1);
  double free_from = strip.left();
  for (qsizetype i = 0; i < key.labels.size(); ++i) {
    const double width = metrics.horizontalAdvance(key.labels[i]);
    const double at = strip.left() + strip.width() * static_cast<double>(i) / last;
    const double left = std::clamp(at - width / 2, strip.left(), std::max(strip.left(), strip.right() - width));
    if (left < free_from) continue;
    painter.drawText(QRectF(left, strip.bottom() + 4, width + 2, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     key.labels[i]);
    free_from = left + width + 6;
  }
}

}  // namespace attnscope::gui::plot
