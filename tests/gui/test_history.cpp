// Undo and redo of filter, switches and baseline.
#include <QSignalSpy>
#include <QTest>

#include "gui/model/history.h"
#include "tests/gui/gui_test.h"

using namespace attnscope::gui::model;

class TestHistory : public QObject {
  Q_OBJECT

  static void choose_baseline(ViewState& view, const QString& variant) {
    ViewOptions options = view.options();
    options.baseline_variant = variant;
    view.set_options(options);
  }

 private slots:
  void undoes_and_redoes_all_three() {
    FilterState filter;
    ViewState view;
    History history(filter, view);
    filter.set_text("variant:softmax");
    filter.set_hidden(Facet::mode, "training", true);
    choose_baseline(view, "flash");
    QVERIFY(history.can_undo() && !history.can_redo());
    history.undo();
    QCOMPARE(view.options().baseline_variant, QString());
    QVERIFY(filter.is_hidden(Facet::mode, "training"));
    history.undo();
    QVERIFY(!filter.is_hidden(Facet::mode, "training"));
    history.undo();
    QCOMPARE(filter.value(), FilterValue());
    QVERIFY(!history.can_undo());
    history.undo();  // nothing left: no harm
    for (int i = 0; i < 3; ++i) history.redo();
    QCOMPARE(view.options().baseline_variant, QStringLiteral("flash"));
    QCOMPARE(filter.value().text, QStringLiteral("variant:softmax"));
    QVERIFY(!history.can_redo());
  }

  void a_new_change_ends_redo() {
    FilterState filter;
    ViewState view;
    History history(filter, view);
    filter.set_hidden(Facet::mode, "training", true);
    history.undo();
    choose_baseline(view, "flash");
    QVERIFY(!history.can_redo());
  }

  void clearing_begins_anew() {
    FilterState filter;
    ViewState view;
    History history(filter, view);
    filter.set_text("n:4k");
    history.clear();
    QVERIFY(!history.can_undo());
    filter.set_text("n:8k");  // typed at once, but after the beginning
    history.undo();
    QCOMPARE(filter.value().text, QStringLiteral("n:4k"));
  }

  void other_options_are_no_step() {
    FilterState filter;
    ViewState view;
    History history(filter, view);
    QSignalSpy changed(&history, &History::changed);
    ViewOptions options;
    options.grid = false;
    view.set_options(options);
    QVERIFY(!history.can_undo());
    QCOMPARE(changed.count(), 0);
    choose_baseline(view, "flash");
    history.undo();
    QVERIFY(!view.options().grid);  // kept
  }

  void typing_is_one_step() {
    FilterState filter;
    ViewState view;
    History history(filter, view);
    for (const char* text : {"n", "n:", "n:4", "n:4k"}) filter.set_text(text);
    QCOMPARE(filter.value().text, QStringLiteral("n:4k"));
    filter.set_hidden(Facet::mode, "training", true);
    filter.set_text("n:8k");
    history.undo();
    QCOMPARE(filter.value().text, QStringLiteral("n:4k"));
    history.undo();
    history.undo();
    QCOMPARE(filter.value(), FilterValue());
    QVERIFY(!history.can_undo());
  }
};

ATTNSCOPE_GUI_TEST(TestHistory)
#include "test_history.moc"
