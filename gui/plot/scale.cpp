#include "gui/plot/scale.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attnscope::gui::plot {

bool is_log(Scale scale) { return scale == Scale::log2 || scale == Scale::log10; }

bool is_drawable(Scale scale, double value) { return std::isfinite(value) && (!is_log(scale) || value > 0); }

double to_position(Scale scale, double value) { return is_log(scale) ? std::log2(value) : value; }

// Kept where the difference of two values is finite, so that every range has a width.
double from_position(Scale scale, double position) {
  constexpr double largest = std::numeric_limits<double>::max() / 4;
  return is_log(scale) ? std::exp2(std::clamp(position, -1074.0, 1021.0)) : std::clamp(position, -largest, largest);
}

Range padded(Scale scale, Range range, double fraction) {
  double lo = to_position(scale, range.lo), hi = to_position(scale, range.hi);
  if (!(hi > lo)) {
    // One value only: an octave on either side, or its own size on a linear axis.
    const double reach = is_log(scale) ? 1 : (lo == 0 ? 1 : std::abs(lo) / 2);
    return {from_position(scale, lo - reach), from_position(scale, hi + reach)};
  }
  const double margin = (hi - lo) * fraction;
  lo -= margin;
  hi += margin;
  return {from_position(scale, lo), from_position(scale, hi)};
}

Range zoomed(Scale scale, Range range, double anchor, double factor) {
  const double fixed = to_position(scale, anchor);
  const double lo = fixed + (to_position(scale, range.lo) - fixed) * factor;
  const double hi = fixed + (to_position(scale, range.hi) - fixed) * factor;
  // Beyond these limits neighbouring doubles would coincide or overflow; the view stays where it is.
  const double smallest = 1e-9 * (is_log(scale) ? 1.0 : std::abs(fixed) + 1e-300);
  if (!(hi - lo > smallest) || (is_log(scale) && (hi > 1000 || lo < -1000))) return range;
  return {from_position(scale, lo), from_position(scale, hi)};
}

Range shifted(Scale scale, Range range, double fraction) {
  const double lo = to_position(scale, range.lo), hi = to_position(scale, range.hi);
  const double step = (hi - lo) * fraction;
  return {from_position(scale, lo + step), from_position(scale, hi + step)};
}

}  // namespace attnscope::gui::plot
