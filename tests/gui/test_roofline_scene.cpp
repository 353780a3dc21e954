// What the roofline view draws: paths, roofs, ridges, and how far below a case is.
#include <cmath>

#include "gui/model/roofline_scene.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using attnscope::gui::testing::synthetic_record;
using attnscope::reports::Record;

namespace {

// A machine of 100 FLOP/s and 10 byte/s: its ridge is at 10 FLOP/byte.
Record record_of(const char* variant, std::int64_t n, double intensity, double rate, double bandwidth = 10) {
  Record record = synthetic_record({variant, 1, 1, 1}, n);
  record.arithmetic_intensity = intensity;
  record.flop_per_s = rate;
  record.peak_flop_per_s = 100;
  record.peak_bytes_per_s = bandwidth;
  record.peak_source = "calibrated";
  return record;
}

LoadedRun run_of(std::vector<Record> records, int id = 1, const QString& name = "run") {
  LoadedRun run;
  run.id = id;
  run.name = name;
  run.run.records = std::move(records);
  return run;
}

plot::PlotScene scene_of(const std::vector<LoadedRun>& runs, const ViewOptions& options = {},
                         const FilterValue& filter = {}) {
  StyleBook styles;
  styles.learn(group_series(runs, Visibility()));
  const Visibility visibility(filter);
  return build_roofline({runs, visibility, styles, {}, {}}, options);
}

bool on_the_slope(const plot::ReferenceLine& line, double bandwidth) {
  return std::abs(line.from.y() - bandwidth * line.from.x()) < 1e-9 &&
         std::abs(line.to.y() - bandwidth * line.to.x()) < 1e-9;
}

}  // namespace

class TestRooflineScene : public QObject {
  Q_OBJECT

 private slots:
  void paths_follow_the_lengths() {
    // Intensity falls with the length: the path goes to the left.
    const auto scene = scene_of({run_of({record_of("softmax", 512, 2, 10), record_of("softmax", 256, 4, 20)})});
    QCOMPARE(scene.curves.size(), 1u);
    const auto& points = scene.curves[0].points;
    QCOMPARE(points.size(), 2u);
    QCOMPARE(points[0].x, 4.0);
    QCOMPARE(points[1].x, 2.0);
    QCOMPARE(points[0].remark, "N = 256; ×2 below the roof (memory, 10 B/s)");
    QVERIFY(points[1].key == (PointKey{1, 0}.packed()));
    QVERIFY(scene.x.range.contains(2) && scene.x.range.contains(10) && scene.y.range.contains(100));
  }

  void roofs_meet_at_the_ridge() {
    const auto scene = scene_of({run_of({record_of("softmax", 256, 50, 40)})});
    QCOMPARE(scene.reference_lines.size(), 2u);
    const plot::ReferenceLine &slope = scene.reference_lines[0], &level = scene.reference_lines[1];
    QVERIFY(on_the_slope(slope, 10));
    QCOMPARE(slope.to, QPointF(10, 100));
    QCOMPARE(slope.label, "10 B/s");
    QCOMPARE(level.from, QPointF(10, 100));
    QCOMPARE(level.to.y(), 100.0);
    QVERIFY(level.to.x() > 50);
    QCOMPARE(level.label, "100 FLOP/s (f32 · 2 threads · cpu)");
    QCOMPARE(scene.notes.size(), 1u);
    QCOMPARE(scene.notes[0].text, "ridge: 10 FLOP/byte");
    QCOMPARE(scene.curves[0].points[0].remark, "N = 256; ×2.5 below the roof (computing, 100 FLOP/s)");
  }

  void every_bandwidth_has_its_slope() {
    const auto scene = scene_of({run_of({record_of("softmax", 256, 4, 20, 40), record_of("softmax", 512, 4, 20, 10)})});
    QCOMPARE(scene.reference_lines.size(), 3u);
    QVERIFY(on_the_slope(scene.reference_lines[0], 10) && on_the_slope(scene.reference_lines[1], 40));
    QCOMPARE(scene.reference_lines[2].from, QPointF(2.5, 100));  // level from the first ridge on
    QCOMPARE(scene.notes.size(), 1u);                            // that of the slowest memory
    QCOMPARE(scene.notes[0].at, QPointF(10, 100));
  }

  void slopes_that_nearly_coincide_share_a_label() {
    const auto scene = scene_of({run_of({record_of("softmax", 256, 4, 20, 10), record_of("softmax", 512, 4, 20, 11),
                                         record_of("softmax", 1024, 4, 20, 40)})});
    QStringList labels;
    for (const plot::ReferenceLine& line : scene.reference_lines) labels << line.label;
    QCOMPARE(labels.mid(0, 3), QStringList({"10 B/s to 11 B/s", "", "40 B/s"}));
  }

  void above_the_roof_is_said() {
    const auto scene = scene_of({run_of({record_of("softmax", 256, 1, 20)})});
    QCOMPARE(scene.curves[0].points[0].remark, "N = 256; ×2 above the roof (memory, 10 B/s)");
  }

  void arrows_lead_from_the_baseline_run() {
    ViewOptions options;
    options.baseline_run = 1;
    const auto scene =
        scene_of({run_of({record_of("softmax", 256, 4, 20)}, 1, "old"),
                  run_of({record_of("softmax", 256, 4, 30), record_of("softmax", 512, 4, 30)}, 2, "new")},
                 options);
    std::vector<plot::ReferenceLine> arrows;
    for (const auto& line : scene.reference_lines) {
      if (line.arrow) arrows.push_back(line);
    }
    QCOMPARE(arrows.size(), 1u);
    QCOMPARE(arrows[0].from, QPointF(4, 20));
    QCOMPARE(arrows[0].to, QPointF(4, 30));
    QCOMPARE(arrows[0].label, "+50 %");
    QVERIFY(scene.caption.contains("arrows: from run old"));
  }

  void without_ceilings_or_rates() {
    Record bare = record_of("softmax", 256, 4, 20);
    bare.peak_flop_per_s.reset();
    const auto scene = scene_of({run_of({bare})});
    QVERIFY(scene.reference_lines.empty());
    QCOMPARE(scene.curves[0].points[0].remark, "N = 256; no ceilings recorded");
    QVERIFY(scene.caption.contains("1 cases without ceilings"));
    bare.flop_per_s.reset();
    QCOMPARE(plot::drawable_count(scene_of({run_of({bare})})), 0u);
    QVERIFY(!scene_of({}).empty_message.isEmpty());
  }

  void hidden_series_keep_their_legend_row_only() {
    FilterValue filter;
    filter.hidden[static_cast<std::size_t>(Facet::variant)] = {"flash"};
    const auto scene =
        scene_of({run_of({record_of("softmax", 256, 4, 20), record_of("flash", 256, 4000, 1, 90)})}, {}, filter);
    QCOMPARE(scene.curves.size(), 2u);
    QVERIFY(scene.x.range.hi < 1000);
    QCOMPARE(scene.reference_lines.size(), 2u);  // no slope for what is hidden
  }
};

ATTNSCOPE_GUI_TEST(TestRooflineScene)
#include "test_roofline_scene.moc"
