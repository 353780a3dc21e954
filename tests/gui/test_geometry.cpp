// Clipping, label placement, legend arrangement and hit testing.
#include <QObject>
#include <QTest>
#include <algorithm>
#include <random>

#include "gui/plot/clip_geometry.h"
#include "gui/plot/hit_index.h"
#include "gui/plot/label_placer.h"
#include "gui/plot/legend.h"
#include "gui/plot/readout.h"
#include "gui/plot/view_history.h"
#include "tests/gui/gui_test.h"

using namespace attnscope::gui::plot;

namespace {

QPolygonF polygon(std::initializer_list<QPointF> points) { return QPolygonF(QList<QPointF>(points)); }

double area_of(const QPolygonF& shape) {
  double twice = 0;
  for (qsizetype i = 0; i < shape.size(); ++i) {
    const QPointF a = shape[i], b = shape[(i + 1) % shape.size()];
    twice += a.x() * b.y() - b.x() * a.y();
  }
  return std::abs(twice) / 2;
}

PlotScene random_scene(std::mt19937& random, int curves, int points) {
  std::uniform_real_distribution<double> value(0, 100);
  PlotScene scene;
  std::uint64_t key = 1;
  for (int c = 0; c < curves; ++c) {
    Curve curve;
    curve.name = QString::number(c);
    curve.visible = c % 5 != 4;
    for (int i = 0; i < points; ++i) curve.points.push_back({value(random), value(random), {}, false, key++});
    scene.curves.push_back(curve);
  }
  scene.failed.push_back({50, "f", "f", "oom", 0, true, key++});
  scene.x.range = scene.y.range = {10, 90};  // some points lie outside
  return scene;
}

}  // namespace

class TestGeometry : public QObject {
  Q_OBJECT

 private slots:
  void segments() {
    const QRectF box(0, 0, 10, 10);
    QCOMPARE(*clip_segment(box, QLineF(-5, 5, 15, 5)), QLineF(0, 5, 10, 5));
    QCOMPARE(*clip_segment(box, QLineF(2, 2, 8, 8)), QLineF(2, 2, 8, 8));
    QCOMPARE(*clip_segment(box, QLineF(5, -10, 5, 4)), QLineF(5, 0, 5, 4));
    QVERIFY(!clip_segment(box, QLineF(-5, -1, 15, -1)));
    QVERIFY(!clip_segment(box, QLineF(-5, 8, 3, 20)));
    QVERIFY(!clip_segment(box, QLineF(20, 0, 20, 10)));
  }

  // Points sampled along the segment are kept exactly when they are inside.
  void random_segments() {
    std::mt19937 random(1);
    std::uniform_real_distribution<double> value(-20, 30);
    const QRectF box(0, 0, 10, 10);
    for (int i = 0; i < 10000; ++i) {
      const QLineF line(value(random), value(random), value(random), value(random));
      const auto clipped = clip_segment(box, line);
      double inside = 0;
      for (int k = 0; k < 400; ++k) inside += box.contains(line.pointAt((k + 0.5) / 400)) ? 1 : 0;
      const double expected = inside / 400 * line.length();
      QVERIFY(std::abs((clipped ? clipped->length() : 0) - expected) <= line.length() / 150);
      if (clipped) QVERIFY(box.contains(clipped->p1()) && box.contains(clipped->p2()));
    }
  }

  void polylines_split_where_they_leave() {
    const QRectF box(0, 0, 10, 10);
    const auto parts = clip_polyline(box, polygon({{1, 5}, {5, 5}, {5, 15}, {8, 15}, {8, 5}, {9, 5}}));
    QCOMPARE(parts.size(), 2u);
    QCOMPARE(parts[0], (polygon({{1, 5}, {5, 5}, {5, 10}})));
    QCOMPARE(parts[1], (polygon({{8, 10}, {8, 5}, {9, 5}})));
    QVERIFY(clip_polyline(box, polygon({{20, 20}, {30, 30}})).empty());
    QCOMPARE(clip_polyline(box, polygon({{1, 1}, {2, 2}, {3, 3}})).size(), 1u);
  }

  void polygons() {
    const QRectF box(0, 0, 10, 10);
    QCOMPARE(area_of(clip_polygon(box, polygon({{-5, -5}, {5, -5}, {5, 5}, {-5, 5}}))), 25.0);
    QCOMPARE(area_of(clip_polygon(box, polygon({{-100, -100}, {200, -100}, {200, 200}, {-100, 200}}))), 100.0);
    QVERIFY(clip_polygon(box, polygon({{20, 20}, {30, 20}, {30, 30}})).isEmpty());
    std::mt19937 random(2);
    std::uniform_real_distribution<double> value(-20, 30);
    for (int i = 0; i < 2000; ++i) {
      const QPolygonF triangle{
          {{value(random), value(random)}, {value(random), value(random)}, {value(random), value(random)}}};
      const QPolygonF clipped = clip_polygon(box, triangle);
      QVERIFY(area_of(clipped) <= std::min(100.0, area_of(triangle)) + 1e-6);
      for (const QPointF& p : clipped) QVERIFY(box.adjusted(-1e-9, -1e-9, 1e-9, 1e-9).contains(p));
    }
  }

  void labels_along_a_line_never_overlap() {
    std::mt19937 random(3);
    std::uniform_real_distribution<double> anchor(-20, 420), height(8, 20);
    for (int i = 0; i < 10000; ++i) {
      std::vector<LabelRequest> requests(1 + random() % 30);
      for (LabelRequest& request : requests)
        request = {anchor(random), height(random), static_cast<double>(random() % 5)};
      const auto centres = place_along_line(requests, 0, 400);
      std::vector<std::pair<double, double>> spans;
      double kept_lowest = 1e9, dropped_highest = -1, total = 0;
      for (std::size_t k = 0; k < requests.size(); ++k) {
        total += requests[k].height;
        if (!centres[k]) {
          dropped_highest = std::max(dropped_highest, requests[k].priority);
          continue;
        }
        kept_lowest = std::min(kept_lowest, requests[k].priority);
        spans.emplace_back(*centres[k] - requests[k].height / 2, *centres[k] + requests[k].height / 2);
      }
      if (total <= 400) QCOMPARE(spans.size(), requests.size());
      QVERIFY(dropped_highest <= kept_lowest);
      std::sort(spans.begin(), spans.end());
      for (std::size_t k = 0; k < spans.size(); ++k) {
        QVERIFY(spans[k].first >= -1e-6 && spans[k].second <= 400 + 1e-6);
        if (k > 0) QVERIFY(spans[k].first >= spans[k - 1].second - 1e-6);
      }
    }
  }

  void labels_with_room_stay_at_their_anchors() {
    const std::vector<LabelRequest> apart{{50, 10}, {100, 10}, {20, 10}};
    const auto centres = place_along_line(apart, 0, 200);
    QCOMPARE(*centres[0], 50.0);
    QCOMPARE(*centres[1], 100.0);
    QCOMPARE(*centres[2], 20.0);
    const std::vector<LabelRequest> equal{{50, 10}, {50, 10}};
    const auto pushed = place_along_line(equal, 0, 200);
    QCOMPARE(*pushed[0], 45.0);
    QCOMPARE(*pushed[1], 55.0);
  }

  void notes_never_overlap() {
    std::mt19937 random(4);
    std::uniform_real_distribution<double> x(0, 600), y(0, 400), width(30, 120);
    const QRectF bounds(0, 0, 600, 400);
    for (int i = 0; i < 1000; ++i) {
      std::vector<NoteRequest> requests(1 + random() % 12);
      std::vector<QRectF> obstacles;
      for (NoteRequest& request : requests) {
        request = {{x(random), y(random)}, {width(random), 16}};
        obstacles.push_back(QRectF(request.anchor - QPointF(5, 5), QSizeF(10, 10)));
      }
      const auto places = place_beside(requests, obstacles, bounds);
      for (std::size_t a = 0; a < places.size(); ++a) {
        if (!places[a]) continue;
        QVERIFY(bounds.contains(*places[a]));
        for (const QRectF& obstacle : obstacles) QVERIFY(!places[a]->intersects(obstacle));
        for (std::size_t b = 0; b < a; ++b) QVERIFY(!places[b] || !places[a]->intersects(*places[b]));
      }
      QVERIFY(requests.size() > 1 || places[0]);
    }
  }

  void hit_index_agrees_with_brute_force() {
    std::mt19937 random(5);
    const PlotScene scene = random_scene(random, 10, 200);
    PlotLayout layout;
    layout.area = QRectF(37, 21, 613, 411);
    layout.lane = QRectF(37, 5, 613, 16);
    const HitIndex index(scene, layout);
    const Projection to(scene, layout);
    std::uniform_real_distribution<double> x(0, 700), y(0, 460), radius(1, 40);
    for (int i = 0; i < 10000; ++i) {
      const QPointF at(x(random), y(random));
      const double reach = radius(random);
      double best = reach;
      std::optional<Hit> expected;
      std::size_t within = 0;
      const auto consider = [&](QPointF p, const Hit& hit) {
        const double distance = QLineF(p, at).length();
        if (distance > reach) return;
        ++within;
        if (distance < best || !expected) {
          best = distance;
          expected = hit;
        }
      };
      for (std::size_t c = 0; c < scene.curves.size(); ++c) {
        for (std::size_t k = 0; k < scene.curves[c].points.size() && scene.curves[c].visible; ++k) {
          const QPointF p = to.pixel(scene.curves[c].points[k].x, scene.curves[c].points[k].y);
          if (layout.area.contains(p)) consider(p, {Hit::Kind::point, c, k});
        }
      }
      const auto failed = failed_positions(scene, layout);
      if (failed[0]) consider(*failed[0], {Hit::Kind::failed, 0, 0});
      QCOMPARE(index.nearest(at, reach), expected);
      QCOMPARE(index.all_within(at, reach).size(), within);
    }
  }

  void legend_is_factored() {
    PlotScene scene;
    for (int v = 0; v < 20; ++v) {
      for (const char* style : {"forward", "training", "decode"}) {
        Curve curve;
        curve.group = QStringLiteral("v%1").arg(v);
        curve.style = QLatin1String(style);
        curve.name = curve.group + curve.style;
        curve.note = QStringLiteral("n^1.%1").arg(v, 2, 10, QLatin1Char('0'));
        curve.visible = v != 3;
        scene.curves.push_back(curve);
      }
    }
    QCOMPARE(build_legend(scene).size(), 22u);  // 19 visible variants and 3 styles, not 57 curves
    scene.legend_shows_hidden = true;
    const auto rows = build_legend(scene);
    QCOMPARE(rows.size(), 23u);
    QVERIFY(!rows[3].visible && rows[2].visible);
    QCOMPARE(rows[2].note, QStringLiteral("n^1.02"));

    const QFontMetricsF metrics{QFont()};
    const auto column = arrange_in_columns(rows, metrics, QSizeF(300, 2000), 1);
    QCOMPARE(column.left_out, 0u);
    const auto tight = arrange_in_columns(rows, metrics, QSizeF(300, 100), 1);
    QVERIFY(tight.left_out > 0 && tight.size.height() <= 100);
    const auto lines = arrange_in_lines(rows, metrics, QSizeF(400, 2000));
    const auto many = arrange_in_lines(std::vector<LegendRow>(3000, rows[0]), metrics, QSizeF(400, 100));
    QVERIFY(many.left_out > 1000);
    QVERIFY(many.left_out_row.width() >= metrics.horizontalAdvance(QStringLiteral("+ %1 …").arg(many.left_out)));
    for (const auto* arrangement : {&column, &lines}) {
      for (std::size_t a = 0; a < rows.size(); ++a) {
        for (std::size_t b = 0; b < a; ++b) QVERIFY(!arrangement->rows[a].intersects(arrangement->rows[b]));
      }
    }
  }

  void failed_marks_stand_side_by_side() {
    PlotScene scene;
    scene.x = {Scale::log2, {128, 4096}, {}, Quantity::count};
    for (int i = 0; i < 14; ++i) scene.failed.push_back({i < 10 ? 1024.0 : 2048.0, "s", "s", "oom", i, i != 2, 0});
    const PlotLayout layout = compute_layout(scene, QRectF(0, 0, 700, 400), Theme::light());
    const auto positions = failed_positions(scene, layout);
    QVERIFY(!positions[2]);
    for (std::size_t a = 0; a < positions.size(); ++a) {
      if (!positions[a]) continue;
      QVERIFY(layout.lane.contains(*positions[a]));
      for (std::size_t b = 0; b < a; ++b) {
        QVERIFY(!positions[b] || QLineF(*positions[a], *positions[b]).length() > failed_mark_pitch - 1);
      }
    }
  }

  void readout_names_rank_and_ratio() {
    PlotScene scene;
    scene.x = {Scale::log2, {128, 4096}, "sequence length N (tokens)", Quantity::count};
    scene.y = {Scale::log10, {1, 1e9}, "wall time (median)", Quantity::time_ns};
    Curve fast, slow;
    fast.name = fast.group = "fast";
    fast.points = {{1024, 2e6, Range{1.9e6, 2.2e6}}};
    slow.name = slow.group = "slow";
    slow.points = {{1024, 5e6, std::nullopt}};
    scene.curves = {fast, slow};
    scene.failed = {{2048, "slow", "slow", "oom: 9 GiB"}};
    QCOMPARE(
        readout(scene, {Hit::Kind::point, 1, 0}),
        QStringList({"slow", "sequence length N: 1k", "wall time: 5.00 ms", "2 of 2 from the bottom; 2.50× of fast"}));
    QVERIFY(readout(scene, {Hit::Kind::point, 0, 0}).contains("interval: 1.90 ms – 2.20 ms"));
    QCOMPARE(readout(scene, {Hit::Kind::failed, 0, 0}), QStringList({"slow", "sequence length N: 2k", "oom: 9 GiB"}));
    QCOMPARE(readout_column(scene, 1024), QStringList({"sequence length N: 1k", "2.00 ms  fast", "5.00 ms  slow"}));
    QVERIFY(text_summary(scene).contains("slow failed at 2k: oom: 9 GiB"));
  }

  void history() {
    ViewHistory history;
    const View a{{0, 1}, {0, 1}}, b{{0, 2}, {0, 2}}, c{{0, 3}, {0, 3}};
    QVERIFY(!history.back(a));
    history.push(a);
    history.push(b);
    QCOMPARE(history.back(c), std::optional(b));
    QCOMPARE(history.back(b), std::optional(a));
    QCOMPARE(history.forward(a), std::optional(b));
    history.push(b);
    QVERIFY(!history.forward(a));
  }
};

ATTNSCOPE_GUI_TEST(TestGeometry)
#include "test_geometry.moc"
