// Labels never cover each other, whatever the scene and the size.
#include <QRandomGenerator>
#include <cmath>

#include "gui/plot/layout.h"
#include "gui/plot/scene_labels.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/sample_scenes.h"

using namespace attnscope::gui::plot;
using attnscope::gui::testing::sample_scenes;

namespace {

QString overlapping(const std::vector<PlacedLabel>& labels) {
  for (std::size_t a = 0; a < labels.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      const QRectF shared = labels[a].box & labels[b].box;
      if (shared.width() > 0.01 && shared.height() > 0.01) return labels[a].text + " over " + labels[b].text;
    }
  }
  return {};
}

QString outside(const std::vector<PlacedLabel>& labels, const PlotLayout& layout) {
  for (const PlacedLabel& label : labels) {
    const QRectF& room = layout.area.contains(label.box) ? layout.area : layout.end_labels;
    if (!room.adjusted(-1, -1, 1, 1).contains(label.box)) return label.text;
  }
  return {};
}

PlotScene random_scene(QRandomGenerator& random) {
  const auto value = [&](double lo, double hi) { return lo + random.generateDouble() * (hi - lo); };
  const auto text = [&] {
    return QStringLiteral("label ").repeated(1 + random.bounded(3)) + QString::number(random.bounded(999));
  };
  PlotScene scene;
  scene.end_labels = random.bounded(2) == 1;
  for (int c = random.bounded(25); c >= 0; --c) {
    Curve curve;
    curve.name = curve.end_label = text();
    curve.slot = c;
    curve.step = random.bounded(4) == 0;
    if (random.bounded(3) == 0) curve.dash = Dash::none;
    for (int i = random.bounded(1, 9); i > 0; --i) {
      CurvePoint point{value(0, 10), value(0, 10)};
      point.size = value(0, 20);
      if (random.bounded(2) == 1) point.label = text();
      curve.points.push_back(point);
    }
    std::sort(curve.points.begin(), curve.points.end(), [](auto& a, auto& b) { return a.x < b.x; });
    scene.curves.push_back(curve);
  }
  for (int i = random.bounded(8); i > 0; --i) {
    const auto kind = static_cast<ReferenceLine::Kind>(random.bounded(3));
    scene.reference_lines.push_back({kind, {value(0, 10), value(0, 10)}, {value(0, 10), value(0, 10)}, text()});
  }
  for (int i = random.bounded(5); i > 0; --i) {
    const double x = value(0, 8), y = value(0, 8);
    scene.regions.push_back({{x, value(x, 10)}, {y, random.bounded(2) ? unbounded : value(y, 10)}, i, text()});
  }
  for (int i = random.bounded(8); i > 0; --i) {
    Note note{{value(0, 10), value(0, 10)}, text()};
    if (random.bounded(2) == 1) note.anchor = QPointF(value(0, 10), value(0, 10));
    scene.notes.push_back(note);
  }
  fit_axes(scene);
  return scene;
}

}  // namespace

class TestSceneLabels : public QObject {
  Q_OBJECT

 private slots:
  void samples_have_no_overlaps_at_any_size() {
    for (const auto& [name, scene] : sample_scenes()) {
      for (const QSize size : {QSize(240, 180), QSize(333, 300), QSize(680, 440), QSize(900, 600), QSize(1600, 900)}) {
        const PlotLayout layout = compute_layout(scene, QRectF(QPointF(), QSizeF(size)), Theme::light());
        const auto labels = place_labels(scene, layout, Theme::light());
        QVERIFY2(overlapping(labels).isEmpty(), qPrintable(name + ": " + overlapping(labels)));
        QVERIFY2(outside(labels, layout).isEmpty(), qPrintable(name + ": " + outside(labels, layout)));
      }
    }
  }

  void random_scenes_have_no_overlaps() {
    QRandomGenerator random(7);
    std::size_t placed = 0;
    for (int i = 0; i < 300; ++i) {
      const PlotScene scene = random_scene(random);
      const QSizeF size(200 + random.bounded(900), 150 + random.bounded(700));
      const PlotLayout layout = compute_layout(scene, QRectF(QPointF(), size), Theme::light());
      const auto labels = place_labels(scene, layout, Theme::light());
      placed += labels.size();
      QVERIFY2(overlapping(labels).isEmpty(), qPrintable(QStringLiteral("case %1: ").arg(i) + overlapping(labels)));
      QVERIFY2(outside(labels, layout).isEmpty(),
               qPrintable(QStringLiteral("case %1: ").arg(i) + outside(labels, layout)));
    }
    QVERIFY(placed > 3000);  // leaving everything out would satisfy the rest
  }

  void every_kind_of_label_is_placed_where_there_is_room() {
    PlotScene scene;
    Curve curve;
    curve.name = curve.end_label = "end";
    curve.points = {{0, 0}, {5, 5}, {10, 6}};
    curve.points[1].label = "point";
    curve.slot = 4;
    scene.curves = {curve};
    scene.end_labels = true;
    scene.reference_lines = {{ReferenceLine::Kind::horizontal, {0, 9}, {}, "line"}};
    scene.regions = {{{1, 4}, {6, 8}, 2, "region"}};
    scene.notes = {{{8, 2}, "note", QPointF(5, 5)}};
    fit_axes(scene);
    const PlotLayout layout = compute_layout(scene, QRectF(0, 0, 900, 600), Theme::light());
    const auto labels = place_labels(scene, layout, Theme::light());
    QStringList texts;
    for (const PlacedLabel& label : labels) texts << label.text;
    texts.sort();
    QCOMPARE(texts, QStringList({"end", "line", "note", "point", "region"}));
    const Projection to(scene, layout);
    for (const PlacedLabel& label : labels) {
      if (label.kind == PlacedLabel::Kind::note) {
        QVERIFY(label.leader && QLineF(label.leader->p2(), to.pixel(5, 5)).length() < 1);
      }
      if (label.kind == PlacedLabel::Kind::point) {
        QVERIFY(QLineF(label.box.center(), to.pixel(5, 5)).length() < 60);
        QCOMPARE(label.slot, 4);
      }
      if (label.kind == PlacedLabel::Kind::region)
        QVERIFY(to.rectangle(QRectF(QPointF(1, 6), QPointF(4, 8))).contains(label.box));
    }
  }

  void labels_keep_clear_of_bubbles() {
    PlotScene scene;
    Curve curve;
    curve.dash = Dash::none;
    curve.points = {{5, 5}};
    curve.points[0].size = 60;
    curve.points[0].label = "big";
    scene.curves = {curve};
    fit_axes(scene);
    const PlotLayout layout = compute_layout(scene, QRectF(0, 0, 600, 400), Theme::light());
    const auto labels = place_labels(scene, layout, Theme::light());
    QCOMPARE(labels.size(), 1u);
    const double half = Theme::light().marker_size * std::sqrt(60.0);
    const QPointF at = Projection(scene, layout).pixel(5, 5);
    QVERIFY(!labels[0].box.intersects(QRectF(at - QPointF(half, half), QSizeF(2 * half, 2 * half))));
  }
};

ATTNSCOPE_GUI_TEST(TestSceneLabels)
#include "test_scene_labels.moc"
