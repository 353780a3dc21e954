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

struct Theme {
  QColor background, text, muted_text, frame, grid, minor_grid;
  std::array<QColor, palette_size> series;
  double line_width = 1.8;
  double marker_size = 3.4;  // half the width of a marker, in pixels
  double dimmed = 0.22;      // opacity left to curves out of focus
  QFont font;

  // Palettes measured for colour-deficient vision and contrast (3:1 at least against their background).
  static Theme light();
  static Theme dark();
  static Theme print();  // light, with black text and heavier lines, for paper

  QColor series_color(int slot) const;
};

QPen series_pen(const QColor& color, double width, Dash dash);

}  // namespace attnscope::gui::plot
