// A figure of several plots: panels side by side that are read against each other, with one legend for all. A single
// plot is a figure too.
#pragma once

#include <span>
#include <vector>

#include "gui/plot/layout.h"
#include "gui/plot/renderer.h"
#include "gui/plot/scene.h"
#include "gui/plot/theme.h"

namespace attnscope::gui::plot {

// Refers to scenes that live elsewhere.
class Figure {
 public:
  Figure(const PlotScene& scene) : scenes_(&scene, 1) {}
  Figure(const std::vector<PlotScene>& scenes) : scenes_(scenes) {}

  auto begin() const { return scenes_.begin(); }
  auto end() const { return scenes_.end(); }
  std::span<const PlotScene> scenes() const { return scenes_; }

 private:
  std::span<const PlotScene> scenes_;
};

struct FigureLayout {
  int columns = 1;
  std::vector<QRectF> panels;  // one for each scene, row by row
  PlotScene legend;  // what is there once: legend and caption; nothing when there is one panel, which has its own
  PlotLayout legend_layout;
};

FigureLayout compute_figure_layout(std::span<const PlotScene> scenes, const QRectF& outer, const Theme& theme);

// The scenes as they are drawn in that many columns: without legends of their own, and with titles of axes only at the
// figure's edge where the panels share the axis.
std::vector<PlotScene> panels_of(std::span<const PlotScene> scenes, int columns);

void paint_figure(QPainter& painter, std::span<const PlotScene> scenes, const QRectF& outer, const Theme& theme,
                  Target target);

}  // namespace attnscope::gui::plot
