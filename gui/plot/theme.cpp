#include "gui/plot/theme.h"

#include <QGuiApplication>
#include <algorithm>
#include <cmath>

namespace attnscope::gui::plot {
namespace {

// Ligatures would hide letters from a search in the PDF ("flash" written with U+FB02), so shaping is off.
QFont plot_font() {
  QFont font = QGuiApplication::font();
  font.setPixelSize(12);
  font.setStyleStrategy(QFont::PreferNoShaping);
  return font;
}

void use_palette(Theme& theme, const reports::Palette& palette, const reports::PaletteColors& colors,
                 const Ramp& greys) {
  theme.palette = &palette;
  for (std::size_t slot = 0; slot < colors.size(); ++slot)
    theme.series[slot] = QColor(QLatin1StringView(colors[slot].data(), colors[slot].size()));
  if (palette.is_grey) theme.sequential = theme.diverging = greys;
}

}  // namespace

Theme Theme::light(const reports::Palette& palette) {
  Theme theme;
  theme.background = QColor("#ffffff");
  theme.text = QColor("#202327");
  theme.muted_text = QColor("#5d636b");
  theme.frame = QColor("#7a8088");
  theme.grid = QColor("#dfe2e6");
  theme.minor_grid = QColor("#f1f3f5");
  theme.sequential = {QColor("#eef3d6"), QColor("#b4d9c1"), QColor("#63a9bd"), QColor("#2f6da6"), QColor("#14305f")};
  theme.diverging = {QColor("#134f8c"), QColor("#85b1d8"), QColor("#f1f1ef"), QColor("#eaa66a"), QColor("#a04a00")};
  use_palette(theme, palette, palette.on_light,
              {QColor("#f0f0f0"), QColor("#c6c6c6"), QColor("#919191"), QColor("#5e5e5e"), QColor("#303030")});
  theme.font = plot_font();
  return theme;
}

Theme Theme::dark(const reports::Palette& palette) {
  Theme theme;
  theme.background = QColor("#1d2024");
  theme.text = QColor("#e8eaed");
  theme.muted_text = QColor("#a4abb4");
  theme.frame = QColor("#8b9098");
  theme.grid = QColor("#3a3f46");
  theme.minor_grid = QColor("#282c31");
  theme.sequential = {QColor("#26343f"), QColor("#2b5f7f"), QColor("#3d93a3"), QColor("#84c9a5"), QColor("#f2f0b0")};
  theme.diverging = {QColor("#8fc1ff"), QColor("#3f7fbd"), QColor("#34383e"), QColor("#b3651f"), QColor("#ffb874")};
  use_palette(theme, palette, palette.on_dark,
              {QColor("#303439"), QColor("#5e5e5e"), QColor("#919191"), QColor("#c6c6c6"), QColor("#f5f5f5")});
  theme.dimmed = 0.40;
  theme.font = plot_font();
  return theme;
}

Theme Theme::print(const reports::Palette& palette) {
  Theme theme = light(palette);
  theme.text = QColor("#000000");
  theme.muted_text = QColor("#404040");
  theme.frame = QColor("#303030");
  theme.grid = QColor("#d8d8d8");
  theme.line_width = 2.1;
  theme.marker_size = 3.8;
  return theme;
}

QColor Theme::series_color(int slot) const {
  return slot < 0 ? muted_text : series[static_cast<std::size_t>(slot % palette_size)];
}

Dash Theme::dash(int slot, Dash dash, bool is_free) const {
  return is_free && palette->is_grey && slot >= 0 ? dash_in_order(slot) : dash;
}

QColor Theme::shade_color(double shade, bool on_diverging) const {
  const Ramp& ramp = on_diverging ? diverging : sequential;
  const double place = std::clamp(shade, 0.0, 1.0) * static_cast<double>(ramp.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const QColor &a = ramp[below], &b = ramp[std::min(below + 1, ramp.size() - 1)];
  const auto mixed = [t = place - static_cast<double>(below)](int from, int to) {
    return static_cast<int>(std::lround(from + t * (to - from)));
  };
  return QColor(mixed(a.red(), b.red()), mixed(a.green(), b.green()), mixed(a.blue(), b.blue()));
}

namespace {

// WCAG 2.2, relative luminance.
double luminance(const QColor& color) {
  const auto linear = [](double channel) {
    return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

}  // namespace

double contrast(const QColor& a, const QColor& b) {
  const double la = luminance(a), lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

QColor text_color_on(const QColor& paper) {
  return contrast(paper, Qt::black) >= contrast(paper, Qt::white) ? Qt::black : Qt::white;
}

QPen series_pen(const QColor& color, double width, Dash dash) {
  QPen pen(color, width, dash == Dash::none ? Qt::NoPen : Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin);
  switch (dash) {
    case Dash::none:
    case Dash::solid:
      break;
    case Dash::dashed:
      pen.setDashPattern({4, 2.5});
      break;
    case Dash::dotted:
      pen.setDashPattern({1.2, 1.8});
      break;
    case Dash::dash_dot:
      pen.setDashPattern({5, 2, 1.2, 2});
      break;
    case Dash::long_dash:
      pen.setDashPattern({9, 3});
      break;
  }
  return pen;
}

}  // namespace attnscope::gui::plot
