// Abbreviations of commands.
#include <QTest>

#include "gui/model/command_match.h"
#include "tests/gui/gui_test.h"

using namespace attnscope::gui::model;

class TestCommandMatch : public QObject {
  Q_OBJECT

 private slots:
  void letters_must_occur_in_order() {
    QVERIFY(command_score("exfi", "File › Export figure…") > 0);
    QVERIFY(command_score("EXPORT", "File › Export figure…") > 0);
    QCOMPARE(command_score("fxe", "Export fig"), 0);
    QCOMPARE(command_score("zoom", "File › Export figure…"), 0);
  }

  void words_count_more_than_scattered_letters() {
    QVERIFY(command_score("ef", "File › Export figure…") > command_score("ef", "View › Reset of layout"));
    QVERIFY(command_score("grid", "View › Grid") > command_score("grid", "Going around, kid"));
  }

  void best_first_and_all_without_text() {
    const QStringList names{"View › Theme › Dark", "View › Metric › Peak memory", "Edit › Copy picture"};
    QCOMPARE(matching_commands("", names).size(), 3u);
    QCOMPARE(matching_commands("  ", names).front(), 0);
    const auto memory = matching_commands("mem", names);
    QVERIFY(!memory.empty());
    QCOMPARE(memory.front(), 1);
    QVERIFY(matching_commands("qqq", names).empty());
  }

  // Repeated letters must not make the search explode.
  void long_names_are_quick() {
    const QString name = QString(4000, 'a');
    QVERIFY(command_score(QString(40, 'a'), name) > 0);
    QCOMPARE(command_score(QString(40, 'a') + "b", name), 0);
  }
};

ATTNSCOPE_GUI_TEST(TestCommandMatch)
#include "test_command_match.moc"
