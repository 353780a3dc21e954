// A line plot over sequence lengths, both axes logarithmic, as one SVG element: for pages that must stand alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/record.h"
#include "reports/statistics.h"

namespace attnscope::reports {

struct SvgPoint {
  double x = 0, y = 0;               // positive; others are not drawn
  std::optional<Interval> interval;  // drawn as a band along the curve
  bool uncertain = false;            // hollow marker: the asked precision was not reached
  std::string tooltip;
};

// A case without a value, drawn above the frame at its length.
struct SvgMark {
  enum class Kind { out_of_memory, timeout, failed, unsupported };
  double x = 0;
  Kind kind = Kind::failed;
  std::string tooltip;
};

struct SvgSeries {
  std::string label;
  std::size_t style = 0;         // colour, marker and dash; equal numbers look alike in every plot
  std::vector<SvgPoint> points;  // ascending in x
  std::vector<SvgMark> marks;
};

struct SvgPlot {
  std::string id;                  // unique in the page, a letter first
  std::string title, description;  // of the element, for those who cannot see it; the title is shown too
  std::string x_title, y_title;
  Unit y_unit = Unit::none;
  std::vector<SvgSeries> series;
};

// "<svg …>…</svg>". Labels stand beside the ends of their curves, sorted by the last value and moved apart where they
// would overlap. Without a drawable point the frame is replaced by a sentence.
std::string render_svg(const SvgPlot& plot);

// Tops of `heights` equal boxes around the wished centres, in the same order, moved as little as possible (least
// squares) so that none overlap; wishes ascend.
std::vector<double> spread(const std::vector<double>& wished, double height);

}  // namespace attnscope::reports
