// The advisor as it is driven: typed questions, clicks on answers.
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QTemporaryDir>
#include <QTreeWidget>

#include "gui/widgets/advisor_panel.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::testing;
using namespace attnscope::gui::widgets;

class TestAdvisorPanel : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::unique_ptr<model::Session> session_;
  std::unique_ptr<AdvisorPanel> panel_;

  template <typename T>
  T* child(const char* name) {
    return panel_->findChild<T*>(QLatin1String(name));
  }
  QTreeWidget& answer() { return *child<QTreeWidget>("advisorAnswer"); }
  QString headline() { return child<QLabel>("advisorHeadline")->text(); }
  void type(const char* field, const char* text) {
    auto* line = child<QLineEdit>(field);
    line->clear();
    QTest::keyClicks(line, QLatin1String(text));
  }

 private slots:
  void initTestCase() {
    write_run(folder_.filePath("run.jsonl"), synthetic_records(six_variants(), {"forward", "training"}));
  }
  void init() {
    session_ = std::make_unique<model::Session>();
    panel_ = std::make_unique<AdvisorPanel>(*session_);
    panel_->request().set_program({});
    panel_->show();
  }
  void cleanup() {
    panel_.reset();
    session_.reset();
  }

  void it_says_what_it_needs() {
    QCOMPARE(headline(), QStringLiteral("Open a run to be advised."));
    session_->runs.load({folder_.filePath("run.jsonl")});
    QVERIFY(headline().startsWith("Which length?"));
    type("advisorLength", "lots");
    QVERIFY(headline().contains("length is not understood"));
    type("advisorLength", "4k");
    QVERIFY(headline().startsWith("linear_transformer: "));
    QCOMPARE(answer().topLevelItemCount(), 6);
    QCOMPARE(answer().topLevelItem(0)->toolTip(3), QStringLiteral("measured"));
    type("advisorMemory", "2 apples");
    QVERIFY(headline().contains("memory budget is not understood"));
    QCOMPARE(answer().topLevelItemCount(), 0);
  }

  void the_question_narrows_the_answer() {
    session_->runs.load({folder_.filePath("run.jsonl")});
    type("advisorLength", "4k");
    type("advisorMemory", "100m");
    QCOMPARE(answer().topLevelItemCount(), 6);  // five, and those excluded
    QTreeWidgetItem* excluded = answer().topLevelItem(5);
    QCOMPARE(excluded->text(0), QStringLiteral("Excluded (1)"));
    QCOMPARE(excluded->child(0)->text(0), QStringLiteral("softmax"));
    QVERIFY(excluded->child(0)->text(3).startsWith("needs "));
    const QString forward = answer().topLevelItem(0)->text(1);
    auto* mode = child<QComboBox>("advisorMode");
    mode->setCurrentText("training");
    QVERIFY(answer().topLevelItem(0)->text(1) != forward);
    QTest::mouseClick(child<QCheckBox>("advisorCausal"), Qt::LeftButton, {}, QPoint(8, 8));
    QCOMPARE(headline(), QStringLiteral("No variant fits the question."));
  }

  void a_click_highlights_and_a_double_click_isolates() {
    session_->runs.load({folder_.filePath("run.jsonl")});
    type("advisorLength", "4k");
    const QRect row = answer().visualItemRect(answer().topLevelItem(1));
    QTest::mouseClick(answer().viewport(), Qt::LeftButton, {}, row.center());
    QVERIFY(session_->selection.current());
    QCOMPARE(session_->selection.hovered(), session_->selection.current());
    const auto* record = session_->runs.find_record(*session_->selection.current());
    QCOMPARE(QString::fromStdString(record->variant), answer().topLevelItem(1)->text(0));
    QTest::mouseDClick(answer().viewport(), Qt::LeftButton, {}, row.center());
    QVERIFY(!session_->filter.is_hidden(model::Facet::variant, answer().topLevelItem(1)->text(0)));
    QVERIFY(session_->filter.is_hidden(model::Facet::variant, answer().topLevelItem(0)->text(0)));
    session_->history.undo();
    QVERIFY(!session_->filter.is_hidden(model::Facet::variant, answer().topLevelItem(0)->text(0)));
  }

  void controls_are_named() {
    for (const char* name :
         {"advisorLength", "advisorMemory", "advisorMode", "advisorDevice", "advisorType", "advisorAnswer"})
      QVERIFY2(!child<QWidget>(name)->accessibleName().isEmpty(), name);
    QVERIFY(!child<QCheckBox>("advisorCausal")->text().isEmpty());
  }
};

ATTNSCOPE_GUI_TEST(TestAdvisorPanel)
#include "test_advisor_panel.moc"
