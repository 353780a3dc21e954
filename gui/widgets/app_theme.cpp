#include "gui/widgets/app_theme.h"

#include <QApplication>
#include <QCoreApplication>
#include <QStyle>

namespace attnscope::gui::widgets {
namespace {

struct Shades {
  const char *window, *base, *alternate, *button, *text, *muted, *highlight, *highlighted_text, *link;
};

QPalette palette_of(const Shades& shades) {
  QPalette palette;
  palette.setColor(QPalette::Window, QColor(shades.window));
  palette.setColor(QPalette::WindowText, QColor(shades.text));
  palette.setColor(QPalette::Base, QColor(shades.base));
  palette.setColor(QPalette::AlternateBase, QColor(shades.alternate));
  palette.setColor(QPalette::ToolTipBase, QColor(shades.base));
  palette.setColor(QPalette::ToolTipText, QColor(shades.text));
  palette.setColor(QPalette::PlaceholderText, QColor(shades.muted));
  palette.setColor(QPalette::Text, QColor(shades.text));
  palette.setColor(QPalette::Button, QColor(shades.button));
  palette.setColor(QPalette::ButtonText, QColor(shades.text));
  palette.setColor(QPalette::Highlight, QColor(shades.highlight));
  palette.setColor(QPalette::HighlightedText, QColor(shades.highlighted_text));
  palette.setColor(QPalette::Link, QColor(shades.link));
  for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    palette.setColor(QPalette::Disabled, role, QColor(shades.muted));
  }
  return palette;
}

const Shades light_shades{"#f4f5f7", "#ffffff", "#f2f4f7", "#eceef1", "#202327",
                          "#6a7079", "#2f6fb4", "#ffffff", "#1f5f9f"};
const Shades dark_shades{"#26292e", "#1d2024", "#23262b", "#31353b", "#e8eaed",
                         "#969da6", "#3d6e9b", "#ffffff", "#8eb0fb"};

}  // namespace

void apply_theme(ThemeChoice choice) {
  // Fusion draws itself from the palette on every platform, so that light, dark and pictures of windows are the same.
  QApplication::setStyle(QStringLiteral("Fusion"));
  switch (choice) {
    case ThemeChoice::automatic:
      QApplication::setPalette(QPalette());
      break;
    case ThemeChoice::light:
      QApplication::setPalette(palette_of(light_shades));
      break;
    case ThemeChoice::dark:
      QApplication::setPalette(palette_of(dark_shades));
      break;
  }
}

bool is_dark(const QPalette& palette) {
  return palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
}

plot::Theme plot_theme_for(const QPalette& palette, const reports::Palette& colors) {
  return is_dark(palette) ? plot::Theme::dark(colors) : plot::Theme::light(colors);
}

QString palette_title(const reports::Palette& colors) {
  // In the order of reports::palettes.
  static constexpr std::array titles{
      QT_TRANSLATE_NOOP("Palette", "&Default"), QT_TRANSLATE_NOOP("Palette", "&Okabe-Ito"),
      QT_TRANSLATE_NOOP("Palette", "&Tol bright"), QT_TRANSLATE_NOOP("Palette", "&Greys, for print")};
  static_assert(titles.size() == reports::palettes.size());
  return QCoreApplication::translate("Palette", titles[static_cast<std::size_t>(&colors - reports::palettes.data())]);
}

}  // namespace attnscope::gui::widgets
