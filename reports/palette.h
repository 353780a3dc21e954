// Colours of curves, told apart with every common kind of colour blindness on a light background: shared by the viewer
// and the SVG plots.
#pragma once

#include <array>
#include <string_view>

namespace attnscope::reports {

inline constexpr std::array<std::string_view, 8> palette{"#12396a", "#e86d18", "#4c7d59", "#ac84a6",
                                                         "#3997de", "#91541d", "#4e1831", "#2e2e00"};

}  // namespace attnscope::reports
