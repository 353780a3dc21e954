#include "gui/plot/fonts.h"

#include <QFile>
#include <QFontDatabase>
#include <QFontInfo>
#include <QGuiApplication>

namespace attnscope::gui::plot {

QString bundled_font_family() {
  static const QString family = [] {
    const QString path = QStringLiteral(":/attnscope/fonts/DejaVuSans.ttf");
    if (!QFile::exists(path)) return QString();
    const QStringList families = QFontDatabase::applicationFontFamilies(QFontDatabase::addApplicationFont(path));
    return families.isEmpty() ? QString() : families.front();
  }();
  return family;
}

void ensure_usable_font() {
  if (QFontDatabase::families().isEmpty() || QFontInfo(QGuiApplication::font()).family().isEmpty()) use_bundled_font();
}

void use_bundled_font() {
  const QString family = bundled_font_family();
  if (family.isEmpty()) return;
  QFont font(family);
  font.setPointSizeF(QGuiApplication::font().pointSizeF() > 0 ? QGuiApplication::font().pointSizeF() : 9);
  QGuiApplication::setFont(font);
}

}  // namespace attnscope::gui::plot
