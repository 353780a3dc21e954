// Cells, categories, regions, steps, bubbles and arrows: where they are drawn and what the pointer finds.
#include <QRandomGenerator>
#include <QSignalSpy>
#include <cmath>

#include "gui/plot/exporter.h"
#include "gui/plot/layout.h"
#include "gui/plot/plot_widget.h"
#include "gui/plot/readout.h"
#include "gui/plot/scene_geometry.h"
#include "gui/plot/walk.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/sample_scenes.h"

using namespace attnscope::gui::plot;
using attnscope::gui::testing::many_curves;
using attnscope::gui::testing::matrix;

namespace {

const QRectF figure(0, 0, 900, 600);

QImage picture(const PlotScene& scene) {
  ExportOptions options;
  options.scale = 1;
  return render_image(scene, options);
}

bool similar(const QColor& a, const QColor& b) {
  return std::abs(a.red() - b.red()) + std::abs(a.green() - b.green()) + std::abs(a.blue() - b.blue()) < 12;
}

// Near a corner, where no text stands.
QColor paper_of(const QImage& image, const QRectF& cell) {
  return image.pixelColor((cell.topLeft() + QPointF(4, 4)).toPoint());
}

}  // namespace

class TestCells : public QObject {
  Q_OBJECT

 private slots:
  void every_cell_has_its_shade() {
    for (const bool diverging : {false, true}) {
      const PlotScene scene = matrix(6, 5, diverging);
      const PlotLayout layout = compute_layout(scene, figure, Theme::light());
      const Projection to(scene, layout);
      const QImage image = picture(scene);
      for (const Cell& cell : scene.cells) {
        const QColor expected =
            std::isnan(cell.shade) ? Theme::light().minor_grid : Theme::light().shade_color(cell.shade, diverging);
        const QRectF field = to.rectangle(cell.area);
        QVERIFY2(similar(paper_of(image, field), expected), qPrintable(cell.name));
        bool has_text = false;
        for (int dx = -12; dx <= 12 && !has_text; ++dx) {
          for (int dy = -8; dy <= 8 && !has_text; ++dy)
            has_text = !similar(image.pixelColor(field.center().toPoint() + QPoint(dx, dy)), expected);
        }
        QVERIFY2(has_text, qPrintable(cell.name));
      }
    }
  }

  void text_that_does_not_fit_is_left_out() {
    const PlotScene roomy = matrix(6, 5, false), crowded = matrix(200, 200, false);
    const auto texts = [](const PlotScene& scene) { return render_svg(scene, {}).count("<text"); };
    QVERIFY(texts(roomy) >= 30);
    QVERIFY(texts(crowded) < 200);
  }

  void the_topmost_cell_under_the_pointer_is_hit() {
    PlotScene scene = matrix(9, 7, false);
    Cell above = scene.cells[10];
    above.key = 4711;
    scene.cells.push_back(above);
    const PlotLayout layout = compute_layout(scene, figure, Theme::light());
    const HitIndex index(scene, layout);
    const Projection to(scene, layout);
    QRandomGenerator random(3);
    for (int i = 0; i < 10'000; ++i) {
      const QPointF at(random.bounded(900.0), random.bounded(600.0));
      std::optional<Hit> expected;
      for (std::size_t c = 0; c < scene.cells.size(); ++c) {
        if ((to.rectangle(scene.cells[c].area) & layout.area).contains(at)) expected = Hit{Hit::Kind::cell, c, 0};
      }
      QCOMPARE(index.nearest(at, 24), expected);
    }
    QCOMPARE(find_key(scene, 4711), (Hit{Hit::Kind::cell, scene.cells.size() - 1, 0}));
    QVERIFY(!find_key(scene, 0));  // the first cell stands for no case
  }

  void points_win_over_the_cells_beneath() {
    PlotScene scene = matrix(4, 4, false);
    Curve curve;
    curve.points = {{1, 1}};
    scene.curves = {curve};
    const PlotLayout layout = compute_layout(scene, figure, Theme::light());
    const QPointF at = Projection(scene, layout).pixel(1, 1);
    QCOMPARE(HitIndex(scene, layout).nearest(at + QPointF(3, 3), 24)->kind, Hit::Kind::point);
    QCOMPARE(HitIndex(scene, layout).nearest(at + QPointF(60, 3), 24)->kind, Hit::Kind::cell);
  }

  void categories_are_named_at_their_place() {
    const PlotScene scene = matrix(14, 14, true);
    const PlotLayout layout = compute_layout(scene, figure, Theme::light());
    QVERIFY(layout.x_labels_turned);
    const auto x = x_ticks(scene, layout, Theme::light()), y = y_ticks(scene, layout, Theme::light());
    QCOMPARE(x.size(), 14u);
    QCOMPARE(y.size(), 14u);
    for (std::size_t i = 0; i < x.size(); ++i) {
      QCOMPARE(x[i].label, scene.x.categories[static_cast<qsizetype>(i)]);
      QCOMPARE(x[i].value, static_cast<double>(i));
    }
    QVERIFY(!compute_layout(matrix(5, 5, false), figure, Theme::light()).x_labels_turned);
    // Where there is little room the letters shrink before a name is left out.
    const PlotScene many = matrix(38, 5, false);
    const PlotLayout crowded_layout = compute_layout(many, QRectF(0, 0, 900, 500), Theme::light());
    QVERIFY(crowded_layout.y_label_size < Theme::light().font.pixelSize() && crowded_layout.y_label_size >= 7);
    for (const Tick& tick : y_ticks(many, crowded_layout, Theme::light())) QVERIFY(!tick.label.isEmpty());
    // Far too many for the height: at regular distances.
    const PlotScene tall = matrix(300, 2, false);
    const auto crowded = y_ticks(tall, compute_layout(tall, figure, Theme::light()), Theme::light());
    const auto labelled =
        std::count_if(crowded.begin(), crowded.end(), [](auto& tick) { return !tick.label.isEmpty(); });
    QVERIFY(labelled >= 10 && labelled <= 100);
    QCOMPARE(scene.x.text(3.2), scene.x.categories[3]);
  }

  void long_names_leave_the_plot_its_room() {
    PlotScene scene = matrix(5, 5, false);
    for (QStringList* names : {&scene.x.categories, &scene.y.categories}) {
      for (QString& name : *names) name = name.repeated(12);
    }
    for (const QSize size : {QSize(333, 300), QSize(900, 600)}) {
      const PlotLayout layout = compute_layout(scene, QRectF(QPointF(), QSizeF(size)), Theme::light());
      QVERIFY(layout.area.width() > size.width() * 0.3);
      QVERIFY(layout.area.height() > size.height() * 0.3);
    }
  }

  void the_key_of_shades_lies_outside_the_frame() {
    for (const QSize size : {QSize(333, 300), QSize(680, 440), QSize(1280, 720)}) {
      const PlotScene scene = matrix(5, 5, true);
      const PlotLayout layout = compute_layout(scene, QRectF(QPointF(), QSizeF(size)), Theme::light());
      QVERIFY(!layout.shade_key.isEmpty());
      QVERIFY(layout.outer.contains(layout.shade_key));
      for (const QRectF& part : {layout.area, layout.x_labels, layout.y_labels, layout.title})
        QVERIFY(!part.intersects(layout.shade_key));
    }
    ExportOptions options;
    const QByteArray svg = render_svg(matrix(5, 5, true), options);
    for (const char* text : {"ratio", "¼×", "4×"}) QVERIFY2(svg.contains(text), text);
  }

  void cells_with_colours_have_legend_rows() {
    PlotScene scene = matrix(2, 2, false);
    scene.cells[0].slot = 3;
    scene.cells[0].group = "low rank";
    scene.cells[1].slot = 3;
    scene.cells[1].group = "low rank";
    const auto rows = build_legend(scene);
    QCOMPARE(rows.size(), 1u);
    QCOMPARE(rows[0].text, QStringLiteral("low rank"));
    QVERIFY(rows[0].swatch);
    QCOMPARE(rows[0].slot, 3);
  }

  void a_staircase_is_level_then_upright() {
    PlotScene scene = many_curves(1);
    scene.curves[0].step = true;
    const PlotLayout layout = compute_layout(scene, figure, Theme::light());
    const auto runs = polylines(scene, Projection(scene, layout), scene.curves[0]);
    QCOMPARE(runs.size(), 1u);
    QCOMPARE(runs[0].size(), static_cast<qsizetype>(2 * scene.curves[0].points.size() - 1));
    for (qsizetype i = 1; i < runs[0].size(); ++i) {
      if (i % 2 == 1) QCOMPARE(runs[0][i].y(), runs[0][i - 1].y());
      if (i % 2 == 0) QCOMPARE(runs[0][i].x(), runs[0][i - 1].x());
    }
  }

  void the_area_of_a_bubble_is_its_size() {
    PlotScene scene;
    Curve curve;
    curve.points = {{1, 1}, {3, 1}};
    curve.points[1].size = 16;
    curve.dash = Dash::none;
    scene.curves = {curve};
    scene.x.range = {0, 4};
    scene.y.range = {0, 2};
    scene.legend = false;
    const PlotLayout layout = compute_layout(scene, figure, Theme::light());
    const QImage image = picture(scene);
    const auto width_at = [&](double x) {
      const QPoint at = Projection(scene, layout).pixel(x, 1).toPoint();
      int width = 0;
      for (int dx = -60; dx <= 60; ++dx)
        width += similar(image.pixelColor(at + QPoint(dx, 0)), Theme::light().series_color(0)) ? 1 : 0;
      return width;
    };
    const double plain = 2 * Theme::light().marker_size;
    QVERIFY2(std::abs(width_at(1) - plain) <= 3, qPrintable(QString::number(width_at(1))));
    QVERIFY2(std::abs(width_at(3) - 4 * plain) <= 3, qPrintable(QString::number(width_at(3))));
  }

  void regions_and_arrows_end_at_the_frame() {
    PlotScene scene = many_curves(2);
    scene.regions = {{{512, 1024}, {-unbounded, unbounded}, 2, "zone"}};
    const PlotLayout layout = compute_layout(scene, figure, Theme::light());
    const Projection to(scene, layout);
    const QRectF part = visible_part(scene, layout, scene.regions[0]);
    QCOMPARE(part, QRectF(QPointF(to.x(512), layout.area.top()), QPointF(to.x(1024), layout.area.bottom())));
    scene.regions[0].x = {0, unbounded};  // zero has no place on a logarithmic axis
    QCOMPARE(visible_part(scene, layout, scene.regions[0]), layout.area);
    scene.regions[0].x = {1e9, 2e9};
    QVERIFY(visible_part(scene, layout, scene.regions[0]).isEmpty());
    const ReferenceLine arrow{ReferenceLine::Kind::segment, {512, 1e6}, {2048, 1e6}, "", Dash::solid, 1, true};
    scene.regions.clear();
    scene.curves.clear();
    scene.reference_lines = {arrow};
    scene.grid = false;
    const QImage image = picture(scene);
    const PlotLayout bare = compute_layout(scene, figure, Theme::light());
    const QPointF head = Projection(scene, bare).pixel(2048, 1e6) - QPointF(7, 0);
    QVERIFY(similar(image.pixelColor((head + QPointF(0, 1)).toPoint()), Theme::light().series_color(1)));
  }

  void arrow_keys_walk_through_a_matrix() {
    const PlotScene scene = matrix(4, 3, false);
    Hit at = first_stop(scene).value();
    QCOMPARE(at, (Hit{Hit::Kind::cell, 0, 0}));
    at = next_stop(scene, at, Direction::right);
    QCOMPARE(at.item, 1u);
    at = next_stop(scene, at, Direction::up);
    QCOMPARE(at.item, 4u);
    at = next_stop(scene, at, Direction::left);
    at = next_stop(scene, at, Direction::left);
    QCOMPARE(at.item, 3u);
    QCOMPARE(next_stop(scene, next_stop(scene, at, Direction::down), Direction::down).item, 0u);
  }

  void a_cloud_is_walked_by_nearness() {
    PlotScene scene;
    Curve cloud;
    cloud.dash = Dash::none;
    cloud.points = {{0, 0}, {1, 0.1}, {2, 5}, {0.1, 4}};
    scene.curves = {cloud};
    fit_axes(scene);
    const Hit start{Hit::Kind::point, 0, 0};
    QCOMPARE(next_stop(scene, start, Direction::right).point, 1u);
    QCOMPARE(next_stop(scene, start, Direction::up).point, 3u);
    QCOMPARE(next_stop(scene, start, Direction::left).point, 0u);
  }

  void hovering_a_cell_reads_it_out_and_only_cases_are_selected() {
    PlotWidget plot;
    plot.resize(900, 600);
    const PlotScene scene = matrix(4, 3, false);
    plot.set_scene(scene);
    plot.show();
    QVERIFY(QTest::qWaitForWindowExposed(&plot));
    QSignalSpy hovered(&plot, &PlotWidget::point_hovered), activated(&plot, &PlotWidget::point_activated);
    const auto centre = [&](int column, int row) {
      return Projection(scene, plot.current_layout()).rectangle(unit_cell(column, row)).center().toPoint();
    };
    QTest::mouseMove(&plot, centre(1, 0));
    QTRY_COMPARE(hovered.count(), 1);
    QCOMPARE(hovered[0][0].value<std::uint64_t>(), 1u);
    QCOMPARE(readout(plot.scene(), *plot.hovered()), QStringList({"reference at 512", "11"}));
    const QImage before = plot.grab().toImage();
    QTest::mouseClick(&plot, Qt::LeftButton, {}, centre(1, 0));
    QCOMPARE(activated.count(), 1);
    QTest::mouseMove(&plot, centre(0, 0));
    QTRY_COMPARE(plot.hovered()->item, 0u);
    QTest::mouseClick(&plot, Qt::LeftButton, {}, centre(0, 0));
    QCOMPARE(activated.count(), 1);  // explains itself, but is no case
    QVERIFY(plot.grab().toImage() != before);
    QCOMPARE(plot.position_of(101).value().toPoint(), centre(1, 1));
  }
};

ATTNSCOPE_GUI_TEST(TestCells)
#include "test_cells.moc"
