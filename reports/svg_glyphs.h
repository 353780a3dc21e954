// What curves and marks of an SVG plot look like.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "reports/palette.h"
#include "reports/svg_plot.h"

namespace attnscope::reports {

struct SvgStyle {
  std::string_view color, marker, dashes;  // "#12396a", path data around the origin, "" for a solid line
};
// Eight colours; those that share a colour differ in marker and dash.
SvgStyle svg_style(std::size_t number);

inline constexpr std::array svg_mark_kinds{SvgMark::Kind::out_of_memory, SvgMark::Kind::timeout, SvgMark::Kind::failed,
                                           SvgMark::Kind::unsupported};
std::string_view svg_glyph(SvgMark::Kind kind);    // path data around the origin, to be stroked
std::string_view svg_meaning(SvgMark::Kind kind);  // "out of memory"

// The rules that the plot's classes refer to.
std::string_view svg_style_sheet();

}  // namespace attnscope::reports
