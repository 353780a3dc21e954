// Colours of curves, by name: shared by the viewer and the SVG plots.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace attnscope::reports {

inline constexpr std::size_t palette_size = 8;
using PaletteColors = std::array<std::string_view, palette_size>;  // "#12396a"

// The same place is the same family of hue in every palette that has hues.
struct Palette {
  std::string_view name;
  PaletteColors on_light, on_dark;  // backgrounds
  bool is_grey = false;             // tells few curves apart by itself: dashes and markers must help
};

// The first is the default: measured to be told apart with every common kind of colour blindness, at least 3:1 against
// the background. The next two are as published (Okabe and Ito 2008; Paul Tol's "bright"), for figures that are to
// match others; where they have black, which is not seen on dark, white takes its place.
inline constexpr std::array palettes{
    Palette{"default",
            {"#12396a", "#e86d18", "#4c7d59", "#ac84a6", "#3997de", "#91541d", "#4e1831", "#2e2e00"},
            {"#8eb0fb", "#b94329", "#88faaa", "#f8c3de", "#3d6e9b", "#e19b00", "#985865", "#d4f97b"}},
    Palette{"okabe-ito",
            {"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#000000", "#f0e442"},
            {"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#ffffff", "#f0e442"}},
    Palette{"tol-bright",
            {"#4477aa", "#ee6677", "#228833", "#aa3377", "#66ccee", "#ccbb44", "#000000", "#bbbbbb"},
            {"#4477aa", "#ee6677", "#228833", "#aa3377", "#66ccee", "#ccbb44", "#ffffff", "#bbbbbb"}},
    Palette{"mono",
            {"#000000", "#919191", "#303030", "#5e5e5e", "#000000", "#919191", "#303030", "#5e5e5e"},
            {"#ffffff", "#777777", "#d2d2d2", "#a5a5a5", "#ffffff", "#777777", "#d2d2d2", "#a5a5a5"},
            true},
};
inline constexpr const Palette& default_palette = palettes.front();

// nullptr for a name that there is not.
constexpr const Palette* find_palette(std::string_view name) {
  const auto* found =
      std::find_if(palettes.begin(), palettes.end(), [name](auto& known) { return known.name == name; });
  return found == palettes.end() ? nullptr : &*found;
}

}  // namespace attnscope::reports
