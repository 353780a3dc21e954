// Where everything of a plot goes, without drawing anything: computed once per size and shared by painting, hit testing
// and tests.
#pragma once

#include <QPointF>
#include <QRectF>
#include <optional>
#include <vector>

#include "gui/plot/legend.h"
#include "gui/plot/scene.h"
#include "gui/plot/theme.h"
#include "gui/plot/ticker.h"

namespace attnscope::gui::plot {

struct PlotLayout {
  QRectF outer;
  QRectF title, caption;
  QRectF lane;  // above the frame, where failed cases are marked; null when there are none
  QRectF area;  // the frame: data lives here
  QRectF x_labels, x_title, y_labels, y_title;
  bool x_labels_turned = false;            // long names of categories stand upright
  int x_label_size = 0, y_label_size = 0;  // of the font, in pixels: smaller where categories crowd
  QRectF end_labels;                       // gutter right of the frame
  QRectF legend;                           // its rows
  QRectF shade_key;                        // what the shades of cells mean
  std::vector<LegendRow> legend_entries;   // what the legend's rows say
  std::vector<QRectF> legend_rows;         // where: as LegendArrangement::rows, in place
  std::size_t legend_left_out = 0;
  QRectF legend_left_out_row;
};

// Takes the room of the legend (layout.legend_entries, which may lose their notes) and of the key of shades from
// `inner`: columns on the right, or lines below where those would be too wide.
void place_keys(const PlotScene& scene, const Theme& theme, PlotLayout& layout, QRectF& inner);

// Takes the room of a caption from the bottom of `inner`; null for "".
QRectF place_caption(const QString& caption, const Theme& theme, QRectF& inner);

std::optional<LegendRow> legend_row_at(const PlotLayout& layout, QPointF at);

PlotLayout compute_layout(const PlotScene& scene, const QRectF& outer, const Theme& theme);

std::vector<Tick> x_ticks(const PlotScene& scene, const PlotLayout& layout, const Theme& theme);
std::vector<Tick> y_ticks(const PlotScene& scene, const PlotLayout& layout, const Theme& theme);

// Between data and pixels of one layout.
class Projection {
 public:
  Projection(const PlotScene& scene, const PlotLayout& layout)
      : x_(scene.x.scale, scene.x.range, layout.area.left(), layout.area.right()),
        y_(scene.y.scale, scene.y.range, layout.area.bottom(), layout.area.top()) {}
  double x(double value) const { return x_.pixel(value); }
  double y(double value) const { return y_.pixel(value); }
  QPointF pixel(double at_x, double at_y) const { return {x(at_x), y(at_y)}; }
  QRectF rectangle(const QRectF& area) const {
    return QRectF(pixel(area.left(), area.top()), pixel(area.right(), area.bottom())).normalized();
  }
  QPointF value(QPointF pixel) const { return {x_.value(pixel.x()), y_.value(pixel.y())}; }

 private:
  AxisProjection x_, y_;
};

// Pixel of each failed mark, in the order of the scene: side by side where several share an x, nullopt for hidden ones
// and those outside the visible range.
std::vector<std::optional<QPointF>> failed_positions(const PlotScene& scene, const PlotLayout& layout);

// The strip of shades in the legend, in pixels.
inline constexpr double shade_key_narrowest = 150, shade_key_ramp_height = 12;

// How large a failed mark is drawn, and how far two of them keep apart.
inline constexpr double failed_mark_half = 4;
inline constexpr double failed_mark_pitch = 12;

}  // namespace attnscope::gui::plot
