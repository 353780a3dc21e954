// Colours, fonts and line widths. A scene names palette slots; a theme turns them into colours.
#pragma once

#include <QColor>
#include <QFont>
#include <QPen>
#include <array>

#include "gui/plot/scene.h"

namespace attnscope::gui::plot {

// Colours of one palette. The same slot is the same family of hue in every palette.
inline constexpr int palette_size = 8;

// Colours at equal distances of a ramp; between them it is interpolated.
using Ramp = std::array<QColor, 5>;

struct Theme {
  QColor background, text, muted_text, frame, grid, minor_grid;
  std::array<QColor, palette_size> series;
  Ramp sequential;  // from near the background to strong; the lightness alone tells shades apart
  Ramp diverging;   // blue over neutral to orange, which no colour-deficient vision confuses
  double line_width = 1.8;
  double marker_size = 3.4;  // half the width of a marker, in pixels
  double dimmed = 0.22;      // opacity left to curves out of focus
  QFont font;

  // Palettes measured for colour-deficient vision and contrast (3:1 at least against their background).
  static Theme light();
  static Theme dark();
  static Theme print();  // light, with black text and heavier lines, for paper

  // Of a negative slot the neutral grey.
  QColor series_color(int slot) const;
  QColor shade_color(double shade, bool on_diverging) const;
};

QPen series_pen(const QColor& color, double width, Dash dash);

// Black or white, whichever reads better: at least 4.5:1 on any colour.
QColor text_color_on(const QColor& paper);

// Ratio of the lightnesses as WCAG 2 defines it, 1 to 21.
double contrast(const QColor& a, const QColor& b);

}  // namespace attnscope::gui::plot
