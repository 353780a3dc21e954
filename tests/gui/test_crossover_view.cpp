// The crossover matrix, driven: a click on a field shows its pair alone and marks it in the tradeoff figure.
#include <QSignalSpy>
#include <QTemporaryDir>
#include <algorithm>

#include "gui/model/session.h"
#include "gui/widgets/plot_page.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_records;
using attnscope::gui::testing::write_run;

class TestCrossoverView : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::unique_ptr<model::Session> session_;
  std::unique_ptr<widgets::PlotPage> page_;

  const QStringList& chosen_pair() { return session_->filter.value().pair.groups; }
  QStringList visible_groups() {
    QStringList groups;
    for (const plot::Curve& curve : page_->plot().scene().curves) {
      if (curve.visible) groups << curve.group;
    }
    return groups;
  }
  void open_view(const char* id) { session_->view.set_view(*model::find_view(QLatin1String(id))); }
  const plot::Cell& field(const QString& row, const QString& column) {
    for (const plot::Cell& cell : page_->plot().scene().cells) {
      const QPointF centre = cell.area.center();
      const plot::PlotScene& scene = page_->plot().scene();
      if (scene.y.text(centre.y()) == row && scene.x.text(centre.x()) == column) return cell;
    }
    qFatal("no field %s, %s", qPrintable(row), qPrintable(column));
  }
  void click(const QString& row, const QString& column) {
    const auto at = page_->plot().position_of(field(row, column).key);
    QVERIFY(at);
    QTest::mouseMove(&page_->plot(), at->toPoint());
    QTest::mouseClick(&page_->plot(), Qt::LeftButton, {}, at->toPoint());
  }

 private slots:
  void init() {
    const QString file = folder_.filePath("run.jsonl");
    write_run(file, synthetic_records(six_variants(), {"forward"}));
    session_ = std::make_unique<model::Session>();
    session_->runs.load({file});
    page_ = std::make_unique<widgets::PlotPage>(*session_);
    page_->resize(1000, 700);
    page_->show();
    QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
    open_view("crossover");
  }
  void cleanup() {
    page_.reset();
    session_.reset();
    QFile::remove(folder_.filePath("run.jsonl"));
  }

  void a_click_marks_the_pair_in_tradeoff() {
    click("longformer", "flash");
    QCOMPARE(chosen_pair(), QStringList({"longformer", "flash"}));
    QVERIFY(!session_->selection.current());  // a pair is no case
    open_view("tradeoff");
    const auto& lines = page_->plot().scene().reference_lines;
    QCOMPARE(lines.size(), 1u);
    QVERIFY2(lines[0].label.endsWith("longformer beats flash"), qPrintable(lines[0].label));
  }

  void the_pair_is_alone_in_the_other_views_until_esc() {
    session_->filter.set_hidden(model::Facet::variant, "performer", true);
    click("longformer", "flash");
    QVERIFY(field("longformer", "flash").framed);
    QVERIFY(field("linformer", "softmax").selectable);  // all other pairs can be chosen still
    QVERIFY(session_->filter.is_hidden(model::Facet::variant, "softmax"));
    open_view("tradeoff");
    QCOMPARE(visible_groups(), QStringList({"flash", "longformer"}));
    open_view("crossover");
    QTest::keyClick(&page_->plot(), Qt::Key_Escape);
    QVERIFY(chosen_pair().isEmpty());
    QVERIFY(!field("longformer", "flash").framed);
    QVERIFY(session_->filter.is_hidden(model::Facet::variant, "performer"));  // as before
    QVERIFY(!session_->filter.is_hidden(model::Facet::variant, "softmax"));
  }

  void choosing_a_pair_is_one_step_of_undo() {
    click("longformer", "flash");
    click("performer", "softmax");
    session_->history.undo();
    QCOMPARE(chosen_pair(), QStringList({"longformer", "flash"}));
    session_->history.undo();
    QVERIFY(chosen_pair().isEmpty() && !session_->history.can_undo());
    session_->history.redo();
    open_view("tradeoff");
    QCOMPARE(visible_groups(), QStringList({"flash", "longformer"}));
    QCOMPARE(page_->plot().scene().reference_lines.size(), 1u);
  }

  void switching_a_variant_lets_the_pair_go() {
    click("longformer", "flash");
    session_->filter.set_hidden(model::Facet::variant, "softmax", false);
    QVERIFY(chosen_pair().isEmpty());
    open_view("tradeoff");
    QCOMPARE(visible_groups().size(), 6);
  }

  void a_pair_goes_with_its_run() {
    click("longformer", "flash");
    session_->runs.close_all();
    QVERIFY(chosen_pair().isEmpty());
  }

  void a_second_click_lets_it_go() {
    click("linformer", "softmax");
    click("linformer", "softmax");
    QVERIFY(chosen_pair().isEmpty());
    click("linformer", "softmax");
    click("performer", "softmax");
    QCOMPARE(chosen_pair(), QStringList({"performer", "softmax"}));
  }

  void x_marks_all_crossings_while_curves_are_few() {
    click("longformer", "flash");
    open_view("tradeoff");
    QTest::keyClick(&page_->plot(), Qt::Key_X);  // lets the pair go
    QTest::keyClick(&page_->plot(), Qt::Key_X);  // marks those of all six
    QVERIFY(session_->view.options().crossings);
    const auto& lines = page_->plot().scene().reference_lines;
    QVERIFY(lines.size() > 1);
    const auto once = std::count_if(lines.begin(), lines.end(), [](const plot::ReferenceLine& line) {
      return line.label.endsWith("longformer beats flash");
    });
    QCOMPARE(once, 1);
    QTest::keyClick(&page_->plot(), Qt::Key_X);
    QVERIFY(page_->plot().scene().reference_lines.empty());
  }

  void x_says_when_curves_are_too_many() {
    const QString file = folder_.filePath("training.jsonl");
    write_run(file, synthetic_records(six_variants(), {"training"}));
    session_->runs.load({file});
    open_view("tradeoff");
    QTest::keyClick(&page_->plot(), Qt::Key_X);
    QVERIFY(page_->plot().scene().caption.contains("crossings are marked once"));
    QVERIFY(page_->plot().scene().reference_lines.empty());
    session_->filter.set_text("mode:forward");
    QVERIFY(!page_->plot().scene().caption.contains("crossings are marked once"));
    QVERIFY(!page_->plot().scene().reference_lines.empty());
  }

  void x_lets_a_chosen_pair_go() {
    click("longformer", "flash");
    open_view("tradeoff");
    QTest::keyClick(&page_->plot(), Qt::Key_X);
    QVERIFY(chosen_pair().isEmpty());
    QVERIFY(page_->plot().scene().reference_lines.empty());
  }

  void hovering_a_field_points_at_no_case() {
    QSignalSpy hovered(&session_->selection, &model::SelectionHub::hovered_changed);
    const auto at = page_->plot().position_of(field("flash", "softmax").key);
    QVERIFY(at);
    QTest::mouseMove(&page_->plot(), at->toPoint());
    QTRY_VERIFY(page_->plot().hovered());
    QCOMPARE(hovered.count(), 0);
  }

  void a_click_in_another_view_selects_a_case() {
    open_view("tradeoff");
    const std::uint64_t key = page_->plot().scene().curves[0].points[0].key;
    const QPoint at = page_->plot().position_of(key).value().toPoint();
    QTest::mouseMove(&page_->plot(), at);
    QTest::mouseClick(&page_->plot(), Qt::LeftButton, {}, at);
    QVERIFY(session_->selection.current() == model::PointKey::unpacked(key));
  }
};

ATTNSCOPE_GUI_TEST(TestCrossoverView)
#include "test_crossover_view.moc"
