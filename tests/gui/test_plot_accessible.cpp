// What a screen reader gets of a plot.
#include <QAccessible>

#include "gui/plot/plot_accessible.h"
#include "gui/plot/plot_widget.h"
#include "gui/plot/scene_table.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/sample_scenes.h"

using namespace attnscope::gui::plot;
using attnscope::gui::testing::many_curves;
using attnscope::gui::testing::matrix;
using attnscope::gui::testing::sample_scenes;

class TestPlotAccessible : public QObject {
  Q_OBJECT

 private slots:
  void every_scene_is_a_table_of_its_numbers() {
    PlotWidget plot;
    plot.resize(800, 500);
    QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(&plot);
    QVERIFY(accessible && accessible->tableInterface());
    QCOMPARE(accessible->role(), QAccessible::Table);
    for (const auto& [name, scene] : sample_scenes()) {
      plot.set_scene(scene);
      const SceneTable expected = scene_table(scene);
      QAccessibleTableInterface* table = accessible->tableInterface();
      QCOMPARE(table->rowCount(), static_cast<int>(expected.rows.size()));
      QCOMPARE(table->columnCount(), static_cast<int>(expected.headers.size()));
      QCOMPARE(accessible->childCount(), table->rowCount() * table->columnCount());
      for (int row = 0; row < std::min(table->rowCount(), 12); ++row) {
        QCOMPARE(table->rowDescription(row), expected.rows[static_cast<std::size_t>(row)][0].text);
        for (int column = 0; column < table->columnCount(); ++column) {
          QAccessibleInterface* cell = table->cellAt(row, column);
          QVERIFY(cell && cell->tableCellInterface());
          const auto& field = expected.rows[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
          QCOMPARE(cell->text(QAccessible::Name), field.text);
          QCOMPARE(cell->text(QAccessible::Description), expected.headers[column]);
          QCOMPARE(cell->tableCellInterface()->rowIndex(), row);
          QCOMPARE(cell->parent(), accessible);
          QCOMPARE(accessible->indexOfChild(cell), row * table->columnCount() + column);
        }
      }
      QVERIFY(!table->cellAt(table->rowCount(), 0));
      QVERIFY2(!accessible->text(QAccessible::Description).isEmpty(), qPrintable(name));
    }
  }

  void a_field_knows_where_its_point_is() {
    PlotWidget plot;
    plot.resize(800, 500);
    plot.set_scene(many_curves(3));
    QAccessibleTableInterface* table = QAccessible::queryAccessibleInterface(&plot)->tableInterface();
    const QPoint at = plot.mapToGlobal(plot.position_of(Hit{Hit::Kind::point, 0, 4})->toPoint());
    QVERIFY(table->cellAt(4, 2)->rect().contains(at));
    QVERIFY(!table->cellAt(0, 2)->rect().contains(at));
  }

  // The event itself goes to a screen reader only, which no test has; what it names is this.
  void walking_reaches_the_field_of_the_value() {
    PlotWidget plot;
    plot.resize(800, 500);
    for (const PlotScene& scene : {many_curves(3), matrix(3, 4, false)}) {
      plot.set_scene(scene);
      QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(&plot);
      for (const Qt::Key key : {Qt::Key_Right, Qt::Key_Right, Qt::Key_Up}) {
        QTest::keyClick(&plot, key);
        const Hit hit = plot.hovered().value();
        const auto child = child_of(plot.scene(), hit);
        QVERIFY(child);
        const QString expected = hit.kind == Hit::Kind::cell ? scene.cells[hit.item].text
                                                             : scene.y.text(scene.curves[hit.item].points[hit.point].y);
        QCOMPARE(accessible->child(*child)->text(QAccessible::Name), expected);
        QVERIFY(plot.accessibleDescription().contains(expected));
      }
    }
    QVERIFY(!child_of(matrix(2, 2, false), Hit{Hit::Kind::point, 0, 0}));
  }
};

ATTNSCOPE_GUI_TEST(TestPlotAccessible)
#include "test_plot_accessible.moc"
