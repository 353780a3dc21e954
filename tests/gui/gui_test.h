// Common ground of the viewer's tests: bundled font, Fusion style, C locale, no user's files.
#pragma once

#include <QApplication>
#include <QTest>

namespace attnscope::gui::testing {

void prepare_environment();  // before the application object
void prepare_application();  // after it

}  // namespace attnscope::gui::testing

#define ATTNSCOPE_GUI_TEST_MAIN(TestClass)          \
  int main(int argc, char** argv) {                 \
    attnscope::gui::testing::prepare_environment(); \
    QApplication application(argc, argv);           \
    attnscope::gui::testing::prepare_application(); \
    TestClass test;                                 \
    return QTest::qExec(&test, argc, argv);         \
  }
