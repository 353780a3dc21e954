// Draws a scene. One renderer for the window, for pictures and for vector files, so that a figure in a paper is what
// was on the screen.
#pragma once

#include <QPainter>
#include <optional>
#include <span>

#include "gui/plot/hit_index.h"
#include "gui/plot/layout.h"
#include "gui/plot/scene.h"
#include "gui/plot/theme.h"

namespace attnscope::gui::plot {

enum class Target {
  screen,  // grid lines snapped to pixels
  draft,   // screen during a gesture: no intervals, which are most of the cost
  vector,  // SVG, PDF: exact coordinates
};

class PlotRenderer {
 public:
  PlotRenderer(const PlotScene& scene, const PlotLayout& layout, const Theme& theme, Target target)
      : scene_(scene),
        layout_(layout),
        theme_(theme),
        target_(target),
        to_(scene, layout),
        is_dense_(has_many_points()) {}

  // Everything, background included.
  void paint(QPainter& painter) const;

  // On top of what paint() drew: the other curves recede and the curves (and the failed marks) of these hits stand out.
  // Cells are only outlined: their neighbours are what they are read against.
  void paint_focus(QPainter& painter, std::span<const Hit> hits) const;

  // A ring around a point or mark, a frame around a cell.
  void paint_ring(QPainter& painter, const Hit& hit, double radius) const;

  // What a figure of several panels has once: legend, key of shades and caption.
  void paint_surroundings(QPainter& painter) const;

  std::optional<QPointF> position(const Hit& hit) const;

 private:
  void paint_grid(QPainter& painter) const;
  void paint_axes(QPainter& painter) const;
  void paint_titles(QPainter& painter) const;
  void paint_keys(QPainter& painter) const;
  void paint_caption(QPainter& painter) const;
  void paint_legend(QPainter& painter) const;
  void paint_lane(QPainter& painter) const;
  void paint_band(QPainter& painter, const Curve& curve, double opacity) const;
  void paint_clouds(QPainter& painter) const;
  void paint_bars(QPainter& painter, const Curve& curve) const;
  void paint_line(QPainter& painter, const Curve& curve, double width) const;
  void paint_markers(QPainter& painter, const Curve& curve, double enlarged) const;
  void paint_dense_markers(QPainter& painter, const Curve& curve, double enlarged) const;
  void paint_reference_lines(QPainter& painter) const;
  void paint_arrow_head(QPainter& painter, const QLineF& line, const QColor& color) const;
  void paint_regions(QPainter& painter) const;
  void paint_cells(QPainter& painter) const;
  void paint_cell_frame(QPainter& painter, const QRectF& frame) const;
  void paint_shade_key(QPainter& painter) const;
  void paint_labels(QPainter& painter) const;
  void paint_note_marks(QPainter& painter) const;
  void paint_empty_message(QPainter& painter) const;
  void paint_marker(QPainter& painter, Marker marker, QPointF at, double half, const QColor& color, bool hollow) const;
  void paint_failed_mark(QPainter& painter, const FailedMark& mark, QPointF at) const;

  QRectF cell_rectangle(const Cell& cell) const;
  QColor cell_color(const Cell& cell) const;
  double snapped(double pixel) const;
  bool has_many_points() const;

  const PlotScene& scene_;
  const PlotLayout& layout_;
  const Theme& theme_;
  Target target_;
  Projection to_;
  bool is_dense_;  // markers share pixels
};

}  // namespace attnscope::gui::plot
