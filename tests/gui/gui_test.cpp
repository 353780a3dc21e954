#include "tests/gui/gui_test.h"

#include <QLocale>
#include <QStandardPaths>

#include "gui/plot/fonts.h"
#include "gui/widgets/app_theme.h"

namespace attnscope::gui::testing {

void prepare_environment() {
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QStandardPaths::setTestModeEnabled(true);
  QLocale::setDefault(QLocale::c());
}

void prepare_application() {
  plot::use_bundled_font();
  widgets::apply_theme(widgets::ThemeChoice::light);
}

}  // namespace attnscope::gui::testing
