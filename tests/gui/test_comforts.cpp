// Baseline menu, undo, summary, chips, command palette and the plot's menu, as their users drive them.
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPlainTextEdit>
#include <QToolButton>

#include "gui/widgets/export_dialog.h"
#include "gui/widgets/plot_menu.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/window_fixture.h"

using namespace attnscope::gui;

class TestComforts : public attnscope::gui::testing::WindowFixture {
  Q_OBJECT

  QString baseline() const { return session_->view.options().baseline_variant; }
  // The menu of a right click on the first point of a curve.
  QMenu* menu_at_curve(std::size_t curve) {
    const QPoint at = plot().position_of(plot().scene().curves[curve].points[1].key)->toPoint();
    QTest::mouseMove(&plot(), at);
    QContextMenuEvent click(QContextMenuEvent::Mouse, at, plot().mapToGlobal(at));
    QApplication::sendEvent(&plot(), &click);
    return window_->findChild<QMenu*>(QStringLiteral("plotMenu"));
  }
  static QAction* item(const QMenu* menu, const QString& text) {
    for (QAction* found : menu->actions()) {
      if (found->text().remove(QLatin1Char('&')).startsWith(text)) return found;
    }
    return nullptr;
  }

 private slots:
  void init() { open_window(); }

  void baseline_menu_and_undo() {
    QMenu* menu = child<QMenu>("baselineMenu");
    QVERIFY(item(menu, "No baseline")->isChecked());
    item(menu, "softmax")->trigger();
    QTRY_COMPARE(baseline(), QStringLiteral("softmax"));
    QVERIFY(item(menu, "softmax")->isChecked());
    action("Undo")->trigger();
    QCOMPARE(baseline(), QString());
    action("Redo")->trigger();
    QCOMPARE(baseline(), QStringLiteral("softmax"));
  }

  void undo_covers_switches_and_text() {
    QVERIFY(!action("Undo")->isEnabled());
    QTest::keyClicks(child<QLineEdit>("filterText"), "mode:forward");
    QCOMPARE(visible_curves(), 6);
    session_->filter.set_hidden(model::Facet::variant, "softmax", true);
    QCOMPARE(visible_curves(), 5);
    action("Undo")->trigger();
    action("Undo")->trigger();
    QCOMPARE(visible_curves(), 12);
    QVERIFY(child<QLineEdit>("filterText")->text().isEmpty());
  }

  void summary_counts_verdicts() {
    auto* text = child<QLabel>("summaryText");
    QTRY_VERIFY2(text->text().startsWith("1 run, 84 cases"), qPrintable(text->text()));
    item(child<QMenu>("baselineMenu"), "softmax")->trigger();
    QTRY_VERIFY2(text->text().contains("against softmax:"), qPrintable(text->text()));
    action("Summary line")->trigger();
    QVERIFY(!text->isVisible());
    open_empty_window();
    QVERIFY(!action("Summary line")->isChecked());  // remembered
  }

  void chips_take_conditions_away() {
    auto* bar = child<QWidget>("filterChips");
    QVERIFY(!bar->isVisible());
    session_->filter.set_text("mode:forward n:>=1k");
    session_->filter.set_hidden(model::Facet::variant, "softmax", true);
    const auto chips = [bar] {
      QList<QToolButton*> shown;
      for (auto* button : bar->findChildren<QToolButton*>()) {
        if (!button->isHidden()) shown << button;
      }
      return shown;
    };
    QCOMPARE(chips().size(), 3);
    QVERIFY(chips()[2]->text().startsWith("without softmax"));
    QTest::mouseClick(chips()[0], Qt::LeftButton);
    QCOMPARE(session_->filter.value().text, QStringLiteral("n:>=1k"));
    QTest::mouseClick(chips()[1], Qt::LeftButton);
    QCOMPARE(chips().size(), 1);
    session_->filter.show_all();
    QVERIFY(!bar->isVisible());
  }

  void command_palette_runs_what_is_typed() {
    action("Commands…")->trigger();
    auto* search = child<QLineEdit>("commandSearch");
    auto* list = child<QListWidget>("commandList");
    const int all = list->count();
    QVERIFY(all > 30);
    QTest::keyClicks(search, "peak memory");
    QVERIFY(list->count() < all);
    QVERIFY2(list->item(0)->text().contains("Peak memory"), qPrintable(list->item(0)->text()));
    QTest::keyClick(search, Qt::Key_Down);
    QTest::keyClick(search, Qt::Key_Up);
    QCOMPARE(list->currentRow(), 0);
    QTest::keyClick(search, Qt::Key_Return);
    QTRY_COMPARE(QLatin1String(session_->view.options().metric->id), QLatin1String("memory"));
    QTRY_VERIFY(!child<QLineEdit>("commandSearch"));
  }

  void palette_without_a_match_does_nothing() {
    action("Commands…")->trigger();
    auto* search = child<QLineEdit>("commandSearch");
    QTest::keyClicks(search, "zzqq");
    QCOMPARE(child<QListWidget>("commandList")->count(), 0);
    QTest::keyClick(search, Qt::Key_Return);
    QVERIFY(child<QLineEdit>("commandSearch"));
    QTest::keyClick(search, Qt::Key_Escape);
    QTRY_VERIFY(!child<QLineEdit>("commandSearch"));
  }

  void plot_menu_acts_on_the_point() {
    const QString variant = plot().scene().curves[2].group;
    QMenu* menu = menu_at_curve(2);
    QVERIFY(menu);
    item(menu, "Compare everything with " + variant)->trigger();
    QCOMPARE(baseline(), variant);
    item(menu, "Hide others")->trigger();
    QCOMPARE(visible_curves(), 2);
    item(menu, "Hide others")->trigger();
    QCOMPARE(visible_curves(), 12);
    item(menu, "Hide " + variant)->trigger();
    QCOMPARE(visible_curves(), 10);
    item(menu, "Show source JSON")->trigger();
    const QString json = child<QPlainTextEdit>("sourceText")->toPlainText();
    QVERIFY(json.contains("\"variant\": \"" + variant + "\""));
    menu->close();
  }

  void plot_menu_copies_the_picture() {
    QMenu* menu = menu_at_curve(0);
    item(menu, "Copy picture")->trigger();
    QCOMPARE(QApplication::clipboard()->image().size(), window_->page().plots().size() * 2);
    menu->close();
  }

  void data_is_copied_as_a_table() {
    action("Copy data")->trigger();
    const QStringList lines = QApplication::clipboard()->text().split('\n', Qt::SkipEmptyParts);
    QVERIFY2(lines.size() > 60, qPrintable(QString::number(lines.size())));  // a line for each point, and the headers
    QVERIFY(lines[0].contains('\t'));
    for (const QString& line : lines) QCOMPARE(line.count('\t'), lines[0].count('\t'));
  }

  void all_views_are_exported_at_once() {
    files_.saved = file("every.svg");
    action("Export figure…")->trigger();
    auto* dialog = window_->findChild<widgets::ExportDialog*>();
    for (auto* box : dialog->findChildren<QCheckBox*>()) {
      const QString text = box->text().remove('&');
      if (text.startsWith("All views") || text.startsWith("Footer")) box->setChecked(true);
    }
    dialog->accept();
    int written = 0;
    for (const model::View& view : model::views()) {
      QFile figure(model::path_of_view(files_.saved, view));
      if (!figure.open(QIODevice::ReadOnly)) continue;  // nothing to draw
      QVERIFY2(figure.readAll().contains("attnscope"), view.id);
      ++written;
    }
    QVERIFY(written >= 3);
    QVERIFY(QFile::exists(model::path_of_view(files_.saved, *model::find_view("tradeoff"))));
    QVERIFY(!QFile::exists(files_.saved));
  }

  void annotations_stay_with_their_view() {
    QMenu* menu = menu_at_curve(0);
    item(menu, "Annotate here")->trigger();
    auto* dialog = child<QInputDialog>("noteDialog");
    QVERIFY(dialog);
    dialog->setTextValue("  cache is full ");
    dialog->accept();
    menu->close();
    QCOMPARE(plot().scene().notes.size(), 1u);
    QCOMPARE(plot().scene().notes[0].text, QStringLiteral("cache is full"));
    action("Peak memory")->trigger();
    QVERIFY(plot().scene().notes.empty());
    session_->view.set_options({});
    QCOMPARE(plot().scene().notes.size(), 1u);
    session_->notes.remove(session_->notes.all()[0]);
    QVERIFY(plot().scene().notes.empty());
  }
};

ATTNSCOPE_GUI_TEST(TestComforts)
#include "test_comforts.moc"
