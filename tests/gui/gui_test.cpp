// gui_tests TestClass [options of Qt Test]: one class a process, so that no test sees what another left behind.
#include "tests/gui/gui_test.h"

#include <QApplication>
#include <QLocale>
#include <QStandardPaths>
#include <cstdio>
#include <map>
#include <string>

#include "gui/plot/fonts.h"
#include "gui/widgets/app_theme.h"

namespace attnscope::gui::testing {
namespace {

std::map<std::string, TestRegistration::Factory>& factories() {
  static std::map<std::string, TestRegistration::Factory> known;
  return known;
}

int print_usage() {
  std::fputs("usage: gui_tests TestClass [options of Qt Test]\nTest classes:\n", stderr);
  for (const auto& [name, factory] : factories()) std::fprintf(stderr, "  %s\n", name.c_str());
  return 2;
}

int run(int argc, char** argv) {
  const auto found = argc > 1 ? factories().find(argv[1]) : factories().end();
  if (found == factories().end()) return print_usage();

  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QStandardPaths::setTestModeEnabled(true);
  QLocale::setDefault(QLocale::c());
  argv[1] = argv[0];
  --argc;
  ++argv;
  QApplication application(argc, argv);
  plot::use_bundled_font();
  widgets::apply_theme(widgets::ThemeChoice::light);
  const std::unique_ptr<QObject> test = found->second();
  return QTest::qExec(test.get(), argc, argv);
}

}  // namespace

TestRegistration::TestRegistration(const char* name, Factory factory) { factories().emplace(name, factory); }

}  // namespace attnscope::gui::testing

int main(int argc, char** argv) { return attnscope::gui::testing::run(argc, argv); }
