// How a value becomes a position along an axis. All zooming and panning happens in this space, so that a step on a
// logarithmic axis is a factor.
#pragma once

namespace attnscope::gui::plot {

enum class Scale {
  linear,
  log2,
  log10,
  category,  // whole positions 0 … n-1, each with a name (Axis::categories)
};

struct Range {
  double lo = 0, hi = 1;
  bool operator==(const Range&) const = default;
  bool contains(double value) const { return value >= lo && value <= hi; }
};

bool is_log(Scale scale);

// Finite, and positive on a logarithmic scale. Everything else has no place on the axis.
bool is_drawable(Scale scale, double value);

// The value itself, or its binary logarithm (both log scales share it: they differ only in their ticks).
double to_position(Scale scale, double value);
double from_position(Scale scale, double position);

// `range` grown by `fraction` of its length at both ends; a degenerate range grows to something that can be drawn.
Range padded(Scale scale, Range range, double fraction);

// `range` scaled by `factor` (< 1 zooms in) with the value `anchor` staying where it is.
Range zoomed(Scale scale, Range range, double anchor, double factor);

// `range` moved by `fraction` of its length.
Range shifted(Scale scale, Range range, double fraction);

}  // namespace attnscope::gui::plot
