// Ways to open runs: start page, recent files, drops, the example.
#include <QFileInfo>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>

#include "gui/model/recent_files.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/pointer_input.h"
#include "tests/gui/window_fixture.h"

using namespace attnscope::gui;
using attnscope::gui::testing::drop_files;

class TestOpening : public attnscope::gui::testing::WindowFixture {
  Q_OBJECT

  bool shows_start_page() {
    return window_->findChild<QStackedWidget*>()->currentWidget()->objectName() == QLatin1String("startPage");
  }

 private slots:
  void init() { open_window(); }

  void recent_files_are_kept_newest_first() {
    QStringList recent;
    for (int i = 0; i < 15; ++i) recent = model::with_recent(recent, QStringLiteral("/runs/%1.jsonl").arg(i));
    recent = model::with_recent(recent, "/runs/../runs/12.jsonl");
    QCOMPARE(recent.size(), model::recent_files_limit);
    QCOMPARE(recent.mid(0, 3), QStringList({"/runs/12.jsonl", "/runs/14.jsonl", "/runs/13.jsonl"}));
    QVERIFY(model::existing_recent(recent).isEmpty());
  }

  void start_page_lists_what_was_open() {
    open_empty_window();  // another session
    QVERIFY(shows_start_page());
    auto* list = child<QListWidget>("recentFiles");
    QCOMPARE(list->count(), 1);
    QVERIFY(list->item(0)->text().startsWith("run.jsonl"));
    list->setCurrentRow(0);
    QTest::keyClick(list, Qt::Key_Return);
    QTRY_COMPARE(session_->runs.runs().size(), 1u);
    QVERIFY(!shows_start_page());
  }

  void recent_menu_opens_and_forgets() {
    QMenu* menu = action("Open recent")->menu();
    QCOMPARE(menu->actions().front()->text(), QStringLiteral("run.jsonl"));
    action("Close all runs")->trigger();
    menu->actions().front()->trigger();
    QTRY_COMPARE(session_->runs.runs().size(), 1u);
    action("Clear the list")->trigger();
    QTRY_VERIFY(!menu->isEnabled());
    open_empty_window();
    QVERIFY(!child<QListWidget>("recentFiles")->isVisible());
  }

  void the_example_is_one_click_away() {
    open_empty_window();
    QTest::mouseClick(child<QPushButton>("startExample"), Qt::LeftButton);
    QTRY_COMPARE(session_->runs.runs().size(), 1u);
    QCOMPARE(session_->runs.runs()[0].path, QFileInfo(model::example_run()).absoluteFilePath());
  }

  void start_page_opens_folders() {
    open_empty_window();
    files_.folder = folder_.path();
    QTest::mouseClick(child<QPushButton>("startFolder"), Qt::LeftButton);
    QTRY_VERIFY(!session_->runs.is_empty());
  }

  void a_drop_with_alt_becomes_the_baseline() {
    const QString slower = write_slower_run(2);
    QVERIFY(drop_files(window_.get(), {slower}, Qt::AltModifier));
    QTRY_COMPARE(session_->runs.runs().size(), 2u);
    const model::LoadedRun& added = session_->runs.runs()[1];
    QCOMPARE(added.path, slower);
    QCOMPARE(session_->view.options().baseline_run, added.id);
    QFile::remove(slower);
  }

  void a_plain_drop_leaves_the_baseline() {
    const QString slower = write_slower_run(2);
    QVERIFY(drop_files(window_.get(), {slower}));
    QTRY_COMPARE(session_->runs.runs().size(), 2u);
    QCOMPARE(session_->view.options().baseline_run, 0);
    QFile::remove(slower);
  }
};

ATTNSCOPE_GUI_TEST(TestOpening)
#include "test_opening.moc"
