#include "gui/plot/figure.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>

namespace attnscope::gui::plot {
namespace {

constexpr double margin = 10;
constexpr double good_aspect = 1.4;  // width over height of a panel that reads well

int columns_for(std::size_t count, const QSizeF& room) {
  const auto panels = static_cast<double>(count);
  double best = 1, least = 1e300;
  for (double columns = 1; columns <= panels; ++columns) {
    const double rows = std::ceil(panels / columns);
    const double aspect = (room.width() / columns) / (room.height() / rows);
    // Places that stay empty are room lost.
    const double cost = std::abs(std::log(aspect / good_aspect)) + 0.5 * (rows * columns - panels) / panels;
    if (cost < least) {
      least = cost;
      best = columns;
    }
  }
  return static_cast<int>(best);
}

bool share_axis(std::span<const PlotScene> scenes, Axis PlotScene::*axis) {
  return std::all_of(scenes.begin(), scenes.end(),
                     [&](const PlotScene& scene) { return scene.*axis == scenes.front().*axis; });
}

// The caption of all panels, and their curves, marks and cells without the data, for the legend.
PlotScene legend_of(std::span<const PlotScene> scenes) {
  PlotScene all;
  const PlotScene& first = scenes.front();
  all.legend = first.legend;
  all.legend_shows_hidden = first.legend_shows_hidden;
  all.shade_key = first.shade_key;
  all.diverging = first.diverging;
  all.caption = first.common_caption;
  for (const PlotScene& scene : scenes) {
    for (Curve curve : scene.curves) {
      curve.points.clear();
      all.curves.push_back(std::move(curve));
    }
    all.failed.insert(all.failed.end(), scene.failed.begin(), scene.failed.end());
    std::copy_if(scene.cells.begin(), scene.cells.end(), std::back_inserter(all.cells),
                 [](const Cell& cell) { return !cell.group.isEmpty(); });
  }
  return all;
}

}  // namespace

FigureLayout compute_figure_layout(std::span<const PlotScene> scenes, const QRectF& outer, const Theme& theme) {
  FigureLayout figure;
  if (scenes.size() < 2) {
    figure.panels.assign(scenes.size(), outer);
    return figure;
  }
  figure.legend = legend_of(scenes);
  figure.legend_layout.outer = outer;
  QRectF inner = outer.adjusted(margin, margin, -margin, -margin);
  figure.legend_layout.caption = place_caption(figure.legend.caption, theme, inner);
  if (figure.legend.legend) figure.legend_layout.legend_entries = build_legend(figure.legend);
  place_keys(figure.legend, theme, figure.legend_layout, inner);
  // Panels keep a margin of their own.
  inner.adjust(-margin, -margin, figure.legend_layout.legend.left() >= inner.right() ? 0 : margin, 0);

  const auto count = scenes.size();
  figure.columns = columns_for(count, inner.size());
  const auto columns = static_cast<std::size_t>(figure.columns), rows = (count + columns - 1) / columns;
  // The first column and the last row carry the titles; their panels are larger by that, so that all frames are equal.
  const double text = std::ceil(QFontMetricsF(theme.font).height());
  const double y_title = share_axis(scenes, &PlotScene::y) && !scenes[0].y.title.isEmpty() ? text + 6 : 0;
  const double x_title = share_axis(scenes, &PlotScene::x) && !scenes[0].x.title.isEmpty() ? text + 4 : 0;
  const double width = (inner.width() - y_title) / static_cast<double>(columns);
  const double height = (inner.height() - x_title) / static_cast<double>(rows);
  for (std::size_t i = 0; i < count; ++i) {
    const auto column = static_cast<double>(i % columns), row = static_cast<double>(i / columns);
    const double left = column == 0 ? 0 : y_title;
    const double below = i + columns >= count ? x_title : 0;
    figure.panels.emplace_back(inner.left() + left + column * width, inner.top() + row * height, width + y_title - left,
                               height + below);
  }
  return figure;
}

std::vector<PlotScene> panels_of(std::span<const PlotScene> scenes, int columns) {
  std::vector<PlotScene> panels(scenes.begin(), scenes.end());
  if (panels.size() < 2) return panels;
  const bool share_x = share_axis(scenes, &PlotScene::x), share_y = share_axis(scenes, &PlotScene::y);
  const auto stride = static_cast<std::size_t>(columns);
  for (std::size_t i = 0; i < panels.size(); ++i) {
    panels[i].legend = false;
    panels[i].shade_key.reset();
    if (share_y && i % stride != 0) panels[i].y.title.clear();
    if (share_x && i + stride < panels.size()) panels[i].x.title.clear();
  }
  return panels;
}

void paint_figure(QPainter& painter, std::span<const PlotScene> scenes, const QRectF& outer, const Theme& theme,
                  Target target) {
  const FigureLayout figure = compute_figure_layout(scenes, outer, theme);
  if (theme.background.alpha() > 0) painter.fillRect(outer, theme.background);
  if (scenes.size() > 1) PlotRenderer(figure.legend, figure.legend_layout, theme, target).paint_surroundings(painter);
  const std::vector<PlotScene> panels = panels_of(scenes, figure.columns);
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const PlotLayout layout = compute_layout(panels[i], figure.panels[i], theme);
    PlotRenderer(panels[i], layout, theme, target).paint(painter);
  }
}

}  // namespace attnscope::gui::plot
