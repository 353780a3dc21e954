#include "gui/plot/theme.h"

#include <QGuiApplication>

#include "reports/palette.h"

namespace attnscope::gui::plot {
namespace {

// Ligatures would hide letters from a search in the PDF ("flash" written with U+FB02), so shaping is off.
QFont plot_font() {
  QFont font = QGuiApplication::font();
  font.setPixelSize(12);
  font.setStyleStrategy(QFont::PreferNoShaping);
  return font;
}

}  // namespace

Theme Theme::light() {
  Theme theme;
  theme.background = QColor("#ffffff");
  theme.text = QColor("#202327");
  theme.muted_text = QColor("#5d636b");
  theme.frame = QColor("#7a8088");
  theme.grid = QColor("#dfe2e6");
  theme.minor_grid = QColor("#f1f3f5");
  static_assert(palette_size == reports::palette.size());
  for (std::size_t slot = 0; slot < theme.series.size(); ++slot) {
    theme.series[slot] = QColor(QLatin1StringView(reports::palette[slot].data(), reports::palette[slot].size()));
  }
  theme.font = plot_font();
  return theme;
}

Theme Theme::dark() {
  Theme theme;
  theme.background = QColor("#1d2024");
  theme.text = QColor("#e8eaed");
  theme.muted_text = QColor("#a4abb4");
  theme.frame = QColor("#8b9098");
  theme.grid = QColor("#3a3f46");
  theme.minor_grid = QColor("#282c31");
  theme.series = {QColor("#8eb0fb"), QColor("#b94329"), QColor("#88faaa"), QColor("#f8c3de"),
                  QColor("#3d6e9b"), QColor("#e19b00"), QColor("#985865"), QColor("#d4f97b")};
  theme.dimmed = 0.40;
  theme.font = plot_font();
  return theme;
}

Theme Theme::print() {
  Theme theme = light();
  theme.text = QColor("#000000");
  theme.muted_text = QColor("#404040");
  theme.frame = QColor("#303030");
  theme.grid = QColor("#d8d8d8");
  theme.line_width = 2.1;
  theme.marker_size = 3.8;
  return theme;
}

QColor Theme::series_color(int slot) const {
  const int index = slot % palette_size;
  return series[static_cast<std::size_t>(index < 0 ? index + palette_size : index)];
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
