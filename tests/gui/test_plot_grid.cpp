// Figures of several panels: arrangement, common legend, linked zoom and hover, and the same in files.
#include <QSignalSpy>
#include <cmath>

#include "gui/plot/exporter.h"
#include "gui/plot/figure.h"
#include "gui/plot/plot_grid.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/pointer_input.h"
#include "tests/gui/sample_scenes.h"

using namespace attnscope::gui::plot;
using attnscope::gui::testing::many_curves;
using attnscope::gui::testing::matrix;
using attnscope::gui::testing::turn_wheel;

namespace {

std::vector<PlotScene> panels(int count) {
  std::vector<PlotScene> scenes;
  for (int i = 0; i < count; ++i) {
    PlotScene scene = many_curves(3);
    scene.title = QStringLiteral("device %1").arg(i);
    for (Curve& curve : scene.curves) {
      for (CurvePoint& point : curve.points) {
        point.y *= 1 + i;
        point.key += static_cast<std::uint64_t>(i) * 10'000'000;
      }
    }
    scenes.push_back(scene);
  }
  for (PlotScene& scene : scenes) scene.y.range = scenes.back().y.range;
  return scenes;
}

}  // namespace

class TestPlotGrid : public QObject {
  Q_OBJECT

  std::unique_ptr<PlotGrid> grid_;

  void show(std::vector<PlotScene> scenes) {
    grid_ = std::make_unique<PlotGrid>();
    grid_->resize(1000, 700);
    grid_->set_scenes(std::move(scenes));
    grid_->show();
    QVERIFY(QTest::qWaitForWindowExposed(grid_.get()));
  }

 private slots:
  void cleanup() { grid_.reset(); }

  void panels_are_apart_and_their_frames_equal() {
    for (const int count : {2, 3, 4, 7, 12}) {
      for (const QSizeF size : {QSizeF(1000, 700), QSizeF(600, 900), QSizeF(1600, 500)}) {
        const auto scenes = panels(count);
        const QRectF outer(QPointF(), size);
        const FigureLayout figure = compute_figure_layout(scenes, outer, Theme::light());
        QCOMPARE(figure.panels.size(), scenes.size());
        const auto drawn = panels_of(scenes, figure.columns);
        QSizeF frame;
        for (std::size_t i = 0; i < drawn.size(); ++i) {
          QVERIFY(outer.adjusted(-1, -1, 1, 1).contains(figure.panels[i]));
          QVERIFY(!figure.panels[i].intersects(figure.legend_layout.legend));
          for (std::size_t k = 0; k < i; ++k) {
            const QRectF shared = figure.panels[i] & figure.panels[k];
            QVERIFY(shared.width() < 0.01 || shared.height() < 0.01);
          }
          const QSizeF area = compute_layout(drawn[i], figure.panels[i], Theme::light()).area.size();
          if (i == 0) frame = area;
          QVERIFY2(std::abs(area.width() - frame.width()) < 2 && std::abs(area.height() - frame.height()) < 2,
                   qPrintable(QStringLiteral("panel %1 of %2").arg(i).arg(count)));
        }
      }
    }
  }

  void titles_of_shared_axes_stand_at_the_edge() {
    const auto drawn = panels_of(panels(4), 2);
    QVERIFY(!drawn[0].y.title.isEmpty() && drawn[1].y.title.isEmpty());
    QVERIFY(drawn[0].x.title.isEmpty() && !drawn[2].x.title.isEmpty() && !drawn[3].x.title.isEmpty());
    for (const PlotScene& panel : drawn) QVERIFY(!panel.legend);
    auto different = panels(2);
    different[1].y.title = "memory";
    QCOMPARE(panels_of(different, 2)[1].y.title, QStringLiteral("memory"));
  }

  void a_common_caption_is_drawn_once_under_all() {
    auto scenes = panels(4);
    for (PlotScene& scene : scenes) scene.common_caption = "of all panels";
    const QRectF outer(0, 0, 1000, 700);
    const FigureLayout figure = compute_figure_layout(scenes, outer, Theme::light());
    const QRectF& place = figure.legend_layout.caption;
    QVERIFY(outer.contains(place) && place.height() > 8);
    for (const QRectF& panel : figure.panels) QVERIFY(panel.bottom() <= place.top());
    QVERIFY(!place.intersects(figure.legend_layout.legend));
    QCOMPARE(render_svg(scenes, {}).count(">of all panels<"), 1);
    show(scenes);
    const QImage with = grid_->grab().toImage();
    for (PlotScene& scene : scenes) scene.common_caption.clear();
    grid_->set_scenes(scenes);
    QVERIFY(grid_->grab().toImage() != with);
  }

  void one_legend_names_the_curves_of_all_panels() {
    auto scenes = panels(3);
    scenes[1].curves.resize(1);
    scenes[2].curves[0].group = scenes[2].curves[0].name = "only here";
    const FigureLayout figure = compute_figure_layout(scenes, QRectF(0, 0, 1000, 700), Theme::light());
    QStringList names;
    for (const LegendRow& row : figure.legend_layout.legend_entries) names << row.text;
    QCOMPARE(names, QStringList({"reference", "flash", "sliding window", "only here"}));
  }

  void zoom_is_linked_where_ranges_are_shared() {
    auto scenes = panels(3);
    scenes[2].y.range = {1, 100};
    show(scenes);
    QSignalSpy changed(grid_.get(), &PlotGrid::view_changed);
    turn_wheel(&grid_->panel(0), grid_->panel(0).current_layout().area.center(), 240);
    QCOMPARE(changed.count(), 1);
    const PlotScene& leader = grid_->panel(0).scene();
    QVERIFY(leader.x.range != scenes[0].x.range);
    QCOMPARE(grid_->panel(1).scene().x.range, leader.x.range);
    QCOMPARE(grid_->panel(1).scene().y.range, leader.y.range);
    QCOMPARE(grid_->panel(2).scene().x.range, leader.x.range);
    QCOMPARE(grid_->panel(2).scene().y.range, scenes[2].y.range);
    QCOMPARE(grid_->scenes()[1].x.range, leader.x.range);
    // The history is common: what was zoomed in one panel is undone from another.
    QTest::keyClick(&grid_->panel(1), Qt::Key_Backspace);
    for (std::size_t i = 0; i < 3; ++i) QCOMPARE(grid_->panel(i).scene().x.range, scenes[0].x.range);
  }

  void resizing_keeps_the_zoom() {
    show(panels(2));
    turn_wheel(&grid_->panel(0), grid_->panel(0).current_layout().area.center(), 240);
    const Range x = grid_->panel(0).scene().x.range;
    grid_->resize(500, 1000);  // another number of columns
    QCOMPARE(grid_->panel(0).scene().x.range, x);
    QCOMPARE(grid_->panel(1).scene().x.range, x);
  }

  void hovering_highlights_the_group_in_all_panels() {
    show(panels(2));
    const auto key = grid_->panel(0).scene().curves[1].points[3].key;
    const QImage before = grid_->panel(1).grab().toImage();
    grid_->set_highlighted(key);
    QVERIFY(grid_->panel(1).grab().toImage() != before);
    grid_->set_highlighted(std::nullopt);
    QVERIFY(grid_->panel(1).grab().toImage() == before);
    QSignalSpy hovered(grid_.get(), &PlotGrid::point_hovered);
    const auto other = grid_->panel(1).scene().curves[2].points[5].key;
    QTest::mouseMove(&grid_->panel(1), grid_->panel(1).position_of(other)->toPoint());
    QTRY_COMPARE(hovered.count(), 1);
    QCOMPARE(hovered[0][0].value<std::uint64_t>(), other);
    QCOMPARE(&grid_->active(), &grid_->panel(1));
  }

  void the_common_legend_is_clickable() {
    show(panels(2));
    QSignalSpy clicked(grid_.get(), &PlotGrid::legend_clicked);
    const QPoint row = grid_->current_layout().legend_layout.legend_rows[1].center().toPoint();
    QTest::mouseClick(grid_.get(), Qt::LeftButton, {}, row);
    QTest::mouseClick(grid_.get(), Qt::MiddleButton, {}, row);
    QTest::mouseDClick(grid_.get(), Qt::LeftButton, {}, row);
    QVERIFY(clicked.count() >= 3);
    QCOMPARE(clicked[0][0].value<LegendRow>().text, QStringLiteral("flash"));
    QCOMPARE(clicked[1][1].toBool(), false);
    QCOMPARE(clicked.last()[1].toBool(), true);
  }

  void fewer_scenes_leave_no_panel_behind() {
    show(panels(4));
    grid_->set_scenes(panels(1));
    QVERIFY(grid_->panel(0).isVisible());
    for (std::size_t i = 1; i < 4; ++i) QVERIFY(!grid_->panel(i).isVisible());
    QVERIFY(grid_->panel(0).scene().legend);
    QCOMPARE(grid_->panel(0).size(), grid_->size());
    grid_->set_scenes({});
    QCOMPARE(grid_->panel_count(), 1u);
  }

  void files_hold_every_panel() {
    const auto scenes = panels(4);
    const QByteArray svg = render_svg(scenes, {});
    for (int i = 0; i < 4; ++i) QVERIFY(svg.contains(QStringLiteral(">device %1<").arg(i).toUtf8()));
    QCOMPARE(svg.count(">flash<"), 1);  // the common legend
    QVERIFY(render_pdf(scenes, {}).startsWith("%PDF-"));
    const std::vector<PlotScene> matrices{matrix(5, 5, true), matrix(5, 5, true)};
    QCOMPARE(render_svg(matrices, {}).count(">ratio<"), 1);
    const QImage one = render_image(std::vector{scenes[0]}, {}), alone = render_image(scenes[0], {});
    QCOMPARE(one, alone);
  }
};

ATTNSCOPE_GUI_TEST(TestPlotGrid)
#include "test_plot_grid.moc"
