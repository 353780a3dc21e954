// Every key of the interaction table that is no gesture of the plot itself, pressed: what it changes, and back again.
#include <QDialog>
#include <QDockWidget>
#include <QLineEdit>
#include <QTest>
#include <functional>

#include "gui/widgets/plot_page.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/pointer_input.h"
#include "tests/gui/window_fixture.h"

using namespace attnscope::gui;
using attnscope::gui::testing::turn_wheel;

class TestKeys : public attnscope::gui::testing::WindowFixture {
  Q_OBJECT

  const model::ViewOptions& options() { return session_->view.options(); }
  void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) { QTest::keyClick(&plot(), key, modifiers); }
  // Pressed twice, the key changes the option and changes it back.
  void expect_toggles(Qt::Key key, const std::function<bool()>& state, Qt::KeyboardModifiers modifiers = {}) {
    const bool before = state();
    press(key, modifiers);
    QCOMPARE(state(), !before);
    press(key, modifiers);
    QCOMPARE(state(), before);
  }
  int visible_docks() {
    int count = 0;
    for (const QDockWidget* dock : window_->findChildren<QDockWidget*>()) count += dock->isVisible();
    return count;
  }
  bool opens(const char* dialog) {
    auto* found = child<QDialog>(dialog);
    if (!found || !found->isVisible()) return false;
    found->close();
    return true;
  }

 private slots:
  void init() {
    open_window();
    window_->activateWindow();
    plot().setFocus();
  }
  void cleanup() { close_window(); }

  void letters_toggle_what_the_view_shows() {
    expect_toggles(Qt::Key_L, [this] { return options().linear_y; });
    expect_toggles(
        Qt::Key_L, [this] { return options().x_scale == plot::Scale::linear; }, Qt::ShiftModifier);
    expect_toggles(Qt::Key_G, [this] { return plot().scene().grid; });
    expect_toggles(Qt::Key_E, [this] { return options().fits; });
    expect_toggles(Qt::Key_N, [this] { return plot().scene().end_labels; });
    expect_toggles(Qt::Key_S, [this] { return options().samples; });
    expect_toggles(Qt::Key_R, [this] { return options().relative; });
    expect_toggles(Qt::Key_X, [this] { return options().crossings; });
    expect_toggles(Qt::Key_C, [this] { return action(QStringLiteral("Crosshair"))->isChecked(); });
  }

  void b_goes_through_the_styles_of_intervals() {
    const plot::IntervalStyle first = options().intervals;
    const model::IntervalSource source = options().source;
    int presses = 0;
    do {
      press(Qt::Key_B);
      QCOMPARE(plot().scene().intervals, options().intervals);
      ++presses;
    } while ((options().intervals != first || options().source != source) && presses < 10);
    QVERIFY(presses > 2);
    QVERIFY(presses < 10);
  }

  void f_fits() {
    turn_wheel(&plot(), plot().rect().center(), 120);
    QVERIFY(!plot().is_fitted());
    press(Qt::Key_F);
    QVERIFY(plot().is_fitted());
  }

  void digits_open_views() {
    const auto views = model::views();
    QCOMPARE(views.size(), std::size_t{8});
    for (std::size_t i = views.size(); i-- > 0;) {
      press(static_cast<Qt::Key>(Qt::Key_1 + static_cast<int>(i)));
      QCOMPARE(session_->view.view().id, views[i].id);
    }
    QTest::keyClick(window_.get(), Qt::Key_3, Qt::ControlModifier);
    QCOMPARE(session_->view.view().id, views[2].id);
  }

  void f11_leaves_the_plot_alone() {
    const int docks = visible_docks();
    QVERIFY(docks > 0);
    QTest::keyClick(window_.get(), Qt::Key_F11);
    QCOMPARE(visible_docks(), 0);
    QTest::keyClick(window_.get(), Qt::Key_F11);
    QCOMPARE(visible_docks(), docks);
  }

  void dialogs_and_search_open() {
    QTest::keyClick(window_.get(), Qt::Key_F, Qt::ControlModifier);
    QCOMPARE(window_->focusWidget(), child<QLineEdit>("filterText"));
    QTest::keyClick(window_.get(), Qt::Key_K, Qt::ControlModifier);
    QVERIFY(opens("commandPalette"));
    QTest::keyClick(window_.get(), Qt::Key_E, Qt::ControlModifier);
    QVERIFY(opens("exportDialog"));
    QTest::keyClick(window_.get(), Qt::Key_F1);
    QVERIFY(opens("shortcutSheet"));
  }

  void undo_and_redo() {
    const int all = visible_curves();
    session_->filter.set_text(QStringLiteral("variant:flash"));
    const int some = visible_curves();
    QVERIFY(some < all);
    press(Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(visible_curves(), all);
    press(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(visible_curves(), some);
    press(Qt::Key_Z, Qt::ControlModifier);
    press(Qt::Key_Y, Qt::ControlModifier);
    QCOMPARE(visible_curves(), some);
  }
};

ATTNSCOPE_GUI_TEST(TestKeys)
#include "test_keys.moc"
