// Everything has a name, is reached by the keyboard, and is legible in both themes.
#include <QAbstractButton>
#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QSet>
#include <QTableView>
#include <cmath>

#include "tests/gui/gui_test.h"
#include "tests/gui/window_fixture.h"

using namespace attnscope::gui;

class TestAccessibility : public attnscope::gui::testing::WindowFixture {
  Q_OBJECT

  static QString spoken(QWidget* widget) {
    QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(widget);
    return interface ? interface->text(QAccessible::Name) : QString();
  }
  static QString description(const QWidget* widget) {
    return QStringLiteral("%1 '%2' in '%3'")
        .arg(QLatin1String(widget->metaObject()->className()), widget->objectName(),
             widget->parentWidget() ? widget->parentWidget()->objectName() : QString());
  }
  // WCAG 2: 1 … 21.
  static double contrast(const QColor& a, const QColor& b) {
    const auto luminance = [](const QColor& color) {
      const auto linear = [](double part) {
        return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
      };
      return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
    };
    const double first = luminance(a), second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
  }
  static void collect(const QMenu& menu, QList<const QMenu*>& menus) {
    menus << &menu;
    for (const QAction* action : menu.actions()) {
      if (action->menu()) collect(*action->menu(), menus);
    }
  }

 private slots:
  void init() {
    open_window();
    for (auto* dock : window_->findChildren<QDockWidget*>()) dock->show();
    for (QDockWidget* dock : window_->findChildren<QDockWidget*>()) {
      dock->raise();
      QApplication::processEvents();
    }
  }

  // Whatever can get the focus says what it is.
  void every_control_has_a_name() {
    QStringList nameless;
    int controls = 0;
    for (QWidget* widget : window_->findChildren<QWidget*>()) {
      const bool is_part = widget->objectName().startsWith(QLatin1String("qt_"));
      const bool is_editor = qobject_cast<QComboBox*>(widget->parentWidget()) != nullptr;
      const bool is_shown = widget->window() == window_.get() && widget->isVisibleTo(window_.get());
      if (widget->focusPolicy() == Qt::NoFocus || is_part || is_editor || !is_shown) continue;
      ++controls;
      if (spoken(widget).isEmpty()) nameless << description(widget);
    }
    QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join("; ")));
    QVERIFY(controls > 15);
  }

  // A symbol alone is no name.
  void names_are_words() {
    for (QWidget* widget : window_->findChildren<QWidget*>()) {
      if (widget->focusPolicy() == Qt::NoFocus || widget->objectName().startsWith("qt_")) continue;
      const QString name = spoken(widget);
      const bool has_letter = std::any_of(name.begin(), name.end(), [](QChar c) { return c.isLetter(); });
      QVERIFY2(name.isEmpty() || has_letter, qPrintable(description(widget)));
    }
  }

  // Two items of one menu never share a letter.
  void mnemonics_are_unique() {
    QList<const QMenu*> menus;
    for (const QAction* action : window_->menuBar()->actions()) collect(*action->menu(), menus);
    QVERIFY(menus.size() > 6);
    for (const QMenu* menu : menus) {
      QSet<QChar> letters;
      for (const QAction* action : menu->actions()) {
        QString text = action->text();
        const auto at = text.replace("&&", " ").indexOf('&');
        if (at < 0) continue;
        const QChar letter = text[at + 1].toLower();
        QVERIFY2(!letters.contains(letter), qPrintable(menu->title() + ": " + text));
        letters.insert(letter);
      }
    }
  }

  void every_action_says_what_it_does() {
    for (const QAction* action : window_->findChildren<QAction*>()) {
      if (action->isSeparator() || action->shortcut().isEmpty()) continue;
      QVERIFY2(!action->text().isEmpty(), qPrintable(action->shortcut().toString()));
    }
  }

  void tab_reaches_the_main_controls() {
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    child<QLineEdit>("filterText")->setFocus();
    QSet<QString> reached;
    for (int i = 0; i < 120 && QApplication::focusWidget(); ++i) {
      reached.insert(QApplication::focusWidget()->objectName());
      QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab, Qt::NoModifier);
    }
    for (const char* name : {"filterText", "facetTree", "metricBox"})
      QVERIFY2(reached.contains(QLatin1String(name)), qPrintable(QStringList(reached.values()).join(' ')));
  }

  void text_is_legible_in_both_themes() {
    for (const widgets::ThemeChoice theme : {widgets::ThemeChoice::light, widgets::ThemeChoice::dark}) {
      window_->set_theme(theme);
      const QPalette palette = QApplication::palette();
      QVERIFY(contrast(palette.color(QPalette::WindowText), palette.color(QPalette::Window)) >= 4.5);
      QVERIFY(contrast(palette.color(QPalette::Text), palette.color(QPalette::Base)) >= 4.5);
      QVERIFY(contrast(palette.color(QPalette::ButtonText), palette.color(QPalette::Button)) >= 4.5);
      QVERIFY(contrast(palette.color(QPalette::HighlightedText), palette.color(QPalette::Highlight)) >= 4.5);
      QVERIFY(contrast(palette.color(QPalette::Link), palette.color(QPalette::Base)) >= 4.5);
      QVERIFY(contrast(palette.color(QPalette::PlaceholderText), palette.color(QPalette::Base)) >= 4.5);
    }
    window_->set_theme(widgets::ThemeChoice::light);
  }

  // What a screen reader gets of the table are the rows that are shown.
  void the_results_are_a_table() {
    auto* table = child<QTableView>("resultsTable");
    QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(table);
    QVERIFY(interface && interface->tableInterface());
    session_->filter.set_text("mode:forward");
    QCOMPARE(interface->tableInterface()->rowCount(), table->model()->rowCount());
    QCOMPARE(table->model()->rowCount(), 42);
  }
};

ATTNSCOPE_GUI_TEST(TestAccessibility)
#include "test_accessibility.moc"
