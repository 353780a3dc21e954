// Colours, fonts and line widths. A scene names palette slots; a theme turns them into colours.
#pragma once

#include <QColor>
#include <QFont>
#include <QPen>
#include <array>

#include "gui/plot/scene.h"
#include "reports/palette.h"

namespace attnscope::gui::plot {

inline constexpr int palette_size = static_cast<int>(reports::palette_size);

// Colours at equal distances of a ramp; between them it is interpolated.
using Ramp = std::array<QColor, 5>;

struct Theme {
  const reports::Palette* palette = &reports::default_palette;  // whose colours `series` are
  QColor background, text, muted_text, frame, grid, minor_grid;
  std::array<QColor, palette_size> series;
  Ramp sequential;  // from near the background to strong; the lightness alone tells shades apart
  Ramp diverging;  // blue over neutral to orange, which no colour-deficient vision confuses; of greys like `sequential`
  double line_width = 1.8;
  double marker_size = 3.4;  // half the width of a marker, in pixels
  double dimmed = 0.22;      // opacity left to curves out of focus
  QFont font;

  static Theme light(const reports::Palette& palette = reports::default_palette);
  static Theme dark(const reports::Palette& palette = reports::default_palette);
  // Light, with black text and heavier lines, for paper.
  static Theme print(const reports::Palette& palette = reports::default_palette);

  // Of a negative slot the neutral grey.
  QColor series_color(int slot) const;
  QColor shade_color(double shade, bool on_diverging) const;
  // Greys alone do not tell slots apart: a dash that means nothing else does.
  Dash dash(int slot, Dash dash, bool is_free) const;
};

QPen series_pen(const QColor& color, double width, Dash dash);

// Black or white, whichever reads better: at least 4.5:1 on any colour.
QColor text_color_on(const QColor& paper);

// Ratio of the lightnesses as WCAG 2 defines it, 1 to 21.
double contrast(const QColor& a, const QColor& b);

}  // namespace attnscope::gui::plot
