// The survey view, driven: a click on a row selects its variant for every view.
#include <QLabel>
#include <QTableView>

#include "gui/widgets/inspector_panel.h"
#include "tests/gui/window_fixture.h"

using namespace attnscope::gui;

class TestSurveyView : public testing::WindowFixture {
  Q_OBJECT

  void open_view(const char* id) { session_->view.set_view(*model::find_view(QLatin1String(id))); }
  void click_row(const QString& variant) {
    const plot::PlotScene& scene = plot().scene();
    for (const plot::Cell& cell : scene.cells) {
      if (!cell.selectable || scene.y.text(cell.area.center().y()) != variant) continue;
      const QPoint at = plot().position_of(cell.key).value().toPoint();
      QTest::mouseMove(&plot(), at);
      QTest::mouseClick(&plot(), Qt::LeftButton, {}, at);
      return;
    }
    qFatal("no row %s", qPrintable(variant));
  }
  QImage picture() {
    session_->selection.set_hovered(std::nullopt);  // what is hovered goes before what is selected
    QCoreApplication::processEvents();              // toolbars of views differ in height
    return plot().grab().toImage();
  }

 private slots:
  void init() {
    open_window();
    open_view("survey");
  }
  void cleanup() { close_window(); }

  void a_click_selects_the_variant() {
    click_row("flash");
    QCOMPARE(session_->selection.variant(), QStringLiteral("flash"));
    QVERIFY(!session_->selection.current());
    QCOMPARE(child<QLabel>("inspectorTitle")->text(), QStringLiteral("flash"));
    QVERIFY(child<QLabel>("inspectorCard")->text().contains("FlashAttention"));
  }

  void it_stands_out_in_the_plots_until_esc() {
    click_row("flash");
    open_view("tradeoff");
    QTest::keyClick(&plot(), Qt::Key_Escape);
    QVERIFY(session_->selection.variant().isEmpty());
    const QImage plain = picture();
    session_->selection.set_variant("flash");
    QVERIFY(picture() != plain);
    session_->selection.set_variant({});
    QCOMPARE(picture(), plain);
  }

  void it_stands_out_in_list_and_table() {
    click_row("flash");
    const QAbstractItemModel& rows = *child<QTableView>("resultsTable")->model();
    int bold = 0;
    for (int row = 0; row < rows.rowCount(); ++row) {
      const QModelIndex first = rows.index(row, 0);
      bool is_flash = false;
      for (int column = 0; column < rows.columnCount(); ++column)
        is_flash |= rows.index(row, column).data() == QStringLiteral("flash");
      QCOMPARE(first.data(Qt::FontRole).value<QFont>().bold(), is_flash);
      bold += is_flash;
    }
    QCOMPARE(bold, 14);  // two modes, seven lengths
  }

  void a_second_click_or_a_case_takes_its_place() {
    click_row("flash");
    click_row("flash");
    QVERIFY(session_->selection.variant().isEmpty());
    click_row("softmax");
    QCOMPARE(session_->selection.variant(), QStringLiteral("softmax"));
    session_->selection.set_current(session_->runs.cases_of("flash").front());
    QVERIFY(session_->selection.variant().isEmpty());
  }

  void it_goes_with_its_run() {
    click_row("flash");
    session_->runs.close_all();
    QVERIFY(session_->selection.variant().isEmpty());
  }
};

ATTNSCOPE_GUI_TEST(TestSurveyView)
#include "test_survey_view.moc"
