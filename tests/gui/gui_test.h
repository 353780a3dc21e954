// Common ground of the viewer's tests: one program, `gui_tests`, holds every test class; bundled font, Fusion style, C
// locale, no user's files.
#pragma once

#include <QObject>
#include <QTest>
#include <memory>

namespace attnscope::gui::testing {

// Makes a test class known to gui_tests, which runs it by name in a process of its own.
class TestRegistration {
 public:
  using Factory = std::unique_ptr<QObject> (*)();
  TestRegistration(const char* name, Factory factory);
};

}  // namespace attnscope::gui::testing

// At the end of a test file, before its moc include.
#define ATTNSCOPE_GUI_TEST(TestClass)                                              \
  static const attnscope::gui::testing::TestRegistration registration_##TestClass( \
      #TestClass, []() -> std::unique_ptr<QObject> { return std::make_unique<TestClass>(); });
