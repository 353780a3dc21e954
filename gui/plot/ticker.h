// Where an axis is marked and what the marks say.
#pragma once

#include <QString>
#include <functional>
#include <vector>

#include "gui/plot/axis.h"

namespace attnscope::gui::plot {

struct Tick {
  double value;
  QString label;  // "" for minor ticks
  bool major;
  bool operator==(const Tick&) const = default;
};

// Names of categories may come this close: a share of their lines' height, and a gap in pixels.
inline constexpr double crowded_share = 0.8, crowded_gap = 1;

struct TickSpace {
  double pixels;                                 // length of the axis
  double gap;                                    // free pixels wanted between two labels
  std::function<double(const QString&)> extent;  // pixels that a label takes along the axis
};

// Majors carry labels that never collide: as many as fit, at 1-2-5 steps (linear; 1-2-4 for bytes), at powers
// of two (log2: 256 512 1k … or 256 1k 4k 16k when narrow) or at decades (log10). A logarithmic axis zoomed so far in
// that fewer than two powers are left gets linear steps. Categories have one major each. Sorted by value; all inside
// the range.
std::vector<Tick> make_ticks(const Axis& axis, const TickSpace& space);

}  // namespace attnscope::gui::plot
