// A plot as a plain value: what is drawn, without pixels, colours or fonts. Scenes are built by pure functions,
// compared in tests, and drawn by the same renderer on the screen and into files.
#pragma once

#include <QPointF>
#include <QRectF>
#include <QString>
#include <QStringList>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "gui/plot/axis.h"

namespace attnscope::gui::plot {

enum class Marker {
  none,
  disc,
  square,
  triangle_up,
  diamond,
  triangle_down,
  pentagon,
  star,
  triangle_right,
};
enum class Dash { none, solid, dashed, dotted, dash_dot, long_dash };
enum class IntervalStyle { none, band, bars };

// Colours are slots of the theme's palette; a negative slot is neutral (grey).
inline constexpr int neutral_slot = -1;
inline constexpr double unbounded = std::numeric_limits<double>::infinity();
inline constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

struct CurvePoint {
  double x = 0, y = 0;
  std::optional<Range> interval = {};  // around y
  bool hollow = false;                 // drawn unfilled: a value to be read with care
  std::uint64_t key = 0;               // means something to the builder of the scene only
  double size = 1;                     // area of the marker, 1 that of a plain point: bubbles in proportion to a value
  QString label = {};                  // drawn beside the point where there is room
  QString remark = {};                 // further lines of the read-out
  bool operator==(const CurvePoint&) const = default;
};

struct Curve {
  QString name;       // unique and complete: the read-out's headline
  QString group;      // legend row that shows colour and marker
  QString style;      // legend row that shows the dash; "" when all curves share one
  QString note;       // short remark in the legend, for example "n^1.98"
  QString claim;      // what the note is to be held against, once per legend row: "claimed N²"
  QString end_label;  // drawn at the curve's right end when the scene asks for end labels
  int slot = 0;       // colour slot of the theme's palette
  Marker marker = Marker::disc;
  Dash dash = Dash::solid;         // `none` makes a cloud of points
  bool visible = true;             // hidden curves keep their legend row
  std::vector<CurvePoint> points;  // in order of x
  bool step = false;               // a staircase: level until the next x, then straight up or down
  bool operator==(const Curve&) const = default;
};

// Many values of little weight, such as the samples behind a median: faint dots behind the curves, without a legend
// row, not to be pointed at.
struct Cloud {
  int slot = 0;
  bool visible = true;
  std::vector<QPointF> points;
  bool operator==(const Cloud&) const = default;
};

// True when a line is solid because nothing is told by dashes.
bool has_free_dash(const Curve& curve);
// The dash of the first, second, … style; they repeat.
Dash dash_in_order(int index);

// A case that has no value because it failed: shown above the frame at its x, never dropped.
struct FailedMark {
  double x = 0;
  QString name;    // of its series
  QString group;   // legend row it belongs to
  QString reason;  // "oom: needs 34 GiB of 24 GiB"
  int slot = 0;
  bool visible = true;
  std::uint64_t key = 0;
  bool operator==(const FailedMark&) const = default;
};

struct ReferenceLine {
  enum class Kind { horizontal, vertical, segment };  // horizontal uses from.y, vertical from.x
  Kind kind = Kind::horizontal;
  QPointF from, to;  // data coordinates
  QString label;
  Dash dash = Dash::dashed;
  int slot = neutral_slot;
  bool arrow = false;  // a head at the `to` of a segment
  bool operator==(const ReferenceLine&) const = default;
};

struct Note {
  QPointF at;  // data coordinates; the text stands beside it
  QString text;
  std::optional<QPointF> anchor = {};  // the point that the text speaks of, when that is not `at`: a line leads to it
  bool operator==(const Note&) const = default;
};

// One field of a matrix. On category axes unit_cell() gives its area.
struct Cell {
  QRectF area;              // data coordinates
  double shade = no_value;  // 0 … 1 on the theme's ramp
  QString text = {};        // inside, left out where it does not fit
  QString name = {};        // the read-out's lines; the first is the headline
  int slot = neutral_slot;  // a palette colour instead of the ramp's
  std::uint64_t key = 0;
  bool selectable = true;
  QString group = {};                        // legend row of cells that have a slot
  bool framed = false;                       // the chosen one
  bool operator==(const Cell& other) const;  // two cells without a value are equal
};

// What the shades of cells mean: a strip of the ramp in the legend.
struct ShadeKey {
  QString title;
  QStringList labels;  // evenly spread, the first at shade 0, the last at 1
  bool operator==(const ShadeKey&) const = default;
};

// A shaded zone behind everything, for example "no difference". Unbounded sides reach to the frame.
struct Region {
  Range x{-unbounded, unbounded}, y{-unbounded, unbounded};
  int slot = neutral_slot;
  QString label = {};
  bool operator==(const Region&) const = default;
};

struct PlotScene {
  QString identity;  // scenes of equal identity share their zoom
  QString title;
  QString caption;  // small print under the plot: what was left out and why
  QString common_caption =
      {};                 // of a figure of several panels: what holds for all of them, drawn once; the same in each
  QString empty_message;  // what to do, shown in the frame when there is nothing to draw
  Axis x, y;              // their ranges are the fitted view
  std::vector<Curve> curves;
  std::vector<Cloud> clouds;
  std::vector<FailedMark> failed;
  std::vector<ReferenceLine> reference_lines;
  std::vector<Note> notes;
  std::vector<Cell> cells;
  std::vector<Region> regions;
  std::optional<ShadeKey> shade_key;
  bool diverging = false;  // shades run from one hue over neutral (0.5) to another
  IntervalStyle intervals = IntervalStyle::band;
  bool legend = true;
  bool legend_shows_hidden = false;  // on screen, so that a click can bring a curve back
  bool end_labels = false;
  bool grid = true;
  bool operator==(const PlotScene&) const = default;
};

// True when the point has a place on both axes.
bool is_drawable(const PlotScene& scene, const CurvePoint& point);

bool is_drawable(const PlotScene& scene, const Cell& cell);

// The unit square around a pair of categories.
QRectF unit_cell(int x, int y);

// Points of visible curves that have a place, plus visible failed marks and cells.
std::size_t drawable_count(const PlotScene& scene);

// Points of visible curves without a place on the scene's scales (zero or negative on a logarithmic axis, not finite).
std::size_t undrawable_count(const PlotScene& scene);

// Sets both axis ranges so that every visible drawable point, cloud, interval, failed mark, cell, note and finite end
// of a reference line or region is inside, with a margin. Category axes show all their categories, and scenes of cells
// have no margin.
void fit_axes(PlotScene& scene);

}  // namespace attnscope::gui::plot
