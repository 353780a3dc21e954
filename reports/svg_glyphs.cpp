#include "reports/svg_glyphs.h"

namespace attnscope::reports {

namespace {

constexpr std::array<std::string_view, 5> markers{
    "M-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0Z",  // disc
    "M-3 -3H3V3H-3Z",                                     // square
    "M0 -4L3.8 3H-3.8Z",                                  // triangle
    "M0 -4.2L4.2 0L0 4.2L-4.2 0Z",                        // diamond
    "M0 4L3.8 -3H-3.8Z",                                  // triangle, point down
};
constexpr std::array<std::string_view, 4> dashes{"none", "7 3", "2 2.5", "8 3 2 3"};

}  // namespace

SvgStyle svg_style(std::size_t number) {
  const std::size_t round = number / palette_size;
  return {default_palette.on_light[number % palette_size], markers[(number + round) % markers.size()],
          dashes[round % dashes.size()]};
}

std::string_view svg_glyph(SvgMark::Kind kind) {
  switch (kind) {
    case SvgMark::Kind::out_of_memory:
      return "M-4 -4H4V4H-4ZM-4 -4L4 4M4 -4L-4 4";  // a full box
    case SvgMark::Kind::timeout:
      return "M-4 -4H4L-4 4H4Z";  // an hourglass
    case SvgMark::Kind::failed:
      return "M-4 -4L4 4M4 -4L-4 4";
    case SvgMark::Kind::unsupported:
      return "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0ZM-2.8 2.8L2.8 -2.8";
  }
  return "";
}

std::string_view svg_meaning(SvgMark::Kind kind) {
  switch (kind) {
    case SvgMark::Kind::out_of_memory:
      return "out of memory";
    case SvgMark::Kind::timeout:
      return "timeout";
    case SvgMark::Kind::failed:
      return "wrong or crashed";
    case SvgMark::Kind::unsupported:
      return "unsupported";
  }
  return "";
}

std::string_view svg_style_sheet() {
  return R"(svg text{font:11px system-ui,sans-serif;fill:#202327}
svg text.title{font-size:13px;font-weight:600}
svg text.muted,svg text.tick{fill:#5d636b}
svg .frame{fill:none;stroke:#7a8088}
svg .grid{stroke:#e6e8eb;fill:none}
svg .curve{fill:none;stroke-width:1.6}
svg .leader{fill:none;stroke-width:.8;stroke-dasharray:1.5 2.5}
svg .mark{fill:none;stroke-width:1.4}
)";
}

}  // namespace attnscope::reports
