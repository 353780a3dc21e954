// The table behind a plot says everything that the picture shows.
#include <QLocale>

#include "gui/plot/scene_table.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/sample_scenes.h"

using namespace attnscope::gui::plot;
using attnscope::gui::testing::many_curves;
using attnscope::gui::testing::matrix;
using attnscope::gui::testing::sample_scenes;

class TestSceneTable : public QObject {
  Q_OBJECT

 private slots:
  void every_point_and_failure_has_a_row() {
    PlotScene scene = many_curves(4);
    scene.curves[1].visible = false;
    const SceneTable table = scene_table(scene);
    QCOMPARE(table.headers, QStringList({"series", "sequence length N (tokens)", "wall time (median) [ns]",
                                         "wall time (median) [ns], lower end", "wall time (median) [ns], upper end"}));
    std::size_t points = 0;
    for (const Curve& curve : scene.curves) points += curve.visible ? curve.points.size() : 0;
    QCOMPARE(table.rows.size(), points + 1);
    const auto& first = table.rows.front();
    QCOMPARE(first[0].text, QStringLiteral("reference"));
    QCOMPARE(first[1].value, std::optional(256.0));
    QCOMPARE(first[2].value, std::optional(scene.curves[0].points[0].y));
    QCOMPARE(first[2].text, QStringLiteral("200 µs"));
    QCOMPARE(first[3].value, std::optional(scene.curves[0].points[0].interval->lo));
    QCOMPARE(first[2].hit, std::optional(Hit{Hit::Kind::point, 0, 0}));
    const auto& failure = table.rows.back();
    QCOMPARE(failure[0].text, QStringLiteral("longformer"));
    QCOMPARE(failure[2].text, QStringLiteral("oom: needs 34 GiB of 24 GiB"));
    QVERIFY(!failure[2].value);
  }

  void a_matrix_is_a_table_as_it_stands() {
    const PlotScene scene = matrix(3, 2, false);
    const SceneTable table = scene_table(scene);
    QCOMPARE(table.headers, QStringList({"", "256", "512"}));
    QCOMPARE(table.rows.size(), 3u);
    QCOMPARE(table.rows[0][0].text, QStringLiteral("sliding window"));  // the topmost row of the picture
    QCOMPARE(table.rows[2][0].text, QStringLiteral("reference"));
    QCOMPARE(table.rows[2][1].text, scene.cells[0].text);
    QCOMPARE(table.rows[0][2].text, scene.cells[5].text);
    QCOMPARE(table.rows[0][2].hit, std::optional(Hit{Hit::Kind::cell, 5, 0}));
  }

  void rows_are_as_wide_as_the_headers() {
    for (const auto& [name, scene] : sample_scenes()) {
      const SceneTable table = scene_table(scene);
      for (const auto& row : table.rows)
        QVERIFY2(row.size() == static_cast<std::size_t>(table.headers.size()), qPrintable(name));
      QVERIFY2(table.rows.empty() == (drawable_count(scene) == 0), qPrintable(name));
      const QStringList lines = to_tab_separated(table).split('\n', Qt::SkipEmptyParts);
      QCOMPARE(static_cast<std::size_t>(lines.size()), table.rows.size() + 1);
      for (const QString& line : lines) QCOMPARE(line.count('\t'), table.headers.size() - 1);
    }
  }

  void numbers_survive_the_clipboard_in_any_locale() {
    QLocale::setDefault(QLocale(QLocale::German));
    const PlotScene scene = many_curves(2);
    const QStringList fields = to_tab_separated(scene_table(scene)).split('\n')[2].split('\t');
    QLocale::setDefault(QLocale::c());
    QCOMPARE(fields[2].toDouble(), scene.curves[0].points[1].y);
    QCOMPARE(fields[4].toDouble(), scene.curves[0].points[1].interval->hi);
  }

  void a_tab_in_a_name_starts_no_field() {
    PlotScene scene = many_curves(1);
    scene.curves[0].name = "a\tb\nc";
    QVERIFY(to_tab_separated(scene_table(scene)).contains("\na b c\t256\t"));
  }
};

ATTNSCOPE_GUI_TEST(TestSceneTable)
#include "test_scene_table.moc"
