// What the Pareto view draws: points, fronts, and what is said of what is dominated.
#include "gui/model/pareto_scene.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using attnscope::gui::testing::synthetic_record;
using attnscope::gui::testing::SyntheticVariant;
using attnscope::reports::Record;

namespace {

LoadedRun run_of(std::vector<Record> records, int id = 1) {
  LoadedRun run;
  run.id = id;
  run.name = QStringLiteral("run%1").arg(id);
  run.run.records = std::move(records);
  return run;
}

Record record_of(const char* variant, double time, std::int64_t memory, std::int64_t n = 1024,
                 const char* mode = "forward") {
  Record record = synthetic_record({variant, 1, 1, 1}, n, mode);
  record.time_median_ns = time;
  record.peak_memory_bytes = memory;
  record.tokens_per_s = 1e9 / time;
  return record;
}

// quick, small and middle are on the front; slow is beaten by middle, large by quick.
std::vector<Record> five() {
  return {record_of("quick", 1e6, 900), record_of("middle", 2e6, 400), record_of("small", 8e6, 100),
          record_of("slow", 4e6, 800), record_of("large", 1e6, 1800)};
}

attnscope::reports::LongRangeArena arena() {
  attnscope::reports::LongRangeArena arena;
  arena.source = "invented scores";
  arena.tasks = {{"lra-text", "Text"}};
  arena.models = {{"Quick", {"quick"}, {60}}, {"Middle", {"middle"}, {50}}, {"Small", {"small"}, {70}}};
  return arena;
}

plot::PlotScene scene_of(const std::vector<LoadedRun>& runs, const ViewOptions& options = {},
                         const FilterValue& filter = {}) {
  StyleBook styles;
  styles.learn(group_series(runs, Visibility()));
  const Visibility visibility(filter);
  const auto scores = arena();
  return build_pareto({runs, visibility, styles, {}, {}, &scores}, options);
}

const plot::CurvePoint& point_of(const plot::PlotScene& scene, const QString& name) {
  const auto found = std::find_if(scene.curves.begin(), scene.curves.end(),
                                  [&](const plot::Curve& curve) { return curve.name == name; });
  if (found == scene.curves.end()) qFatal("no curve %s", qPrintable(name));
  return found->points.at(0);
}

QStringList lines_of(const plot::PlotScene& scene) {
  QStringList lines;
  for (const plot::ReferenceLine& line : scene.reference_lines) {
    lines << QStringLiteral("%1,%2 to %3,%4").arg(line.from.x()).arg(line.from.y()).arg(line.to.x()).arg(line.to.y());
  }
  return lines;
}

}  // namespace

class TestParetoScene : public QObject {
  Q_OBJECT

 private slots:
  void front_is_a_staircase_and_the_rest_hollow() {
    const plot::PlotScene scene = scene_of({run_of(five())});
    QCOMPARE(scene.title, "Peak memory against time at N = 1k");
    QCOMPARE(scene.curves.size(), 5u);
    for (const char* name : {"quick", "middle", "small"}) {
      QVERIFY(!point_of(scene, name).hollow);
      QCOMPARE(point_of(scene, name).remark, "on the Pareto front");
    }
    QVERIFY(point_of(scene, "slow").hollow);
    QCOMPARE(point_of(scene, "slow").remark, "dominated by middle: 2.00× the time, 2.00× the peak memory");
    QCOMPARE(point_of(scene, "large").remark, "dominated by quick: the same time, 2.00× the peak memory");
    QCOMPARE(lines_of(scene), QStringList({"1e+06,900 to 2e+06,900", "2e+06,900 to 2e+06,400", "2e+06,400 to 8e+06,400",
                                           "8e+06,400 to 8e+06,100"}));
    QVERIFY(scene.x.range.contains(1e6) && scene.x.range.contains(8e6));
  }

  void where_high_is_good_the_front_turns() {
    ViewOptions options;
    options.metric = find_metric("tokens");
    const plot::PlotScene scene = scene_of({run_of(five())}, options);
    QVERIFY(point_of(scene, "slow").hollow && !point_of(scene, "small").hollow);
    // Down to 500 tokens/s the memory of the fastest is needed.
    QCOMPARE(lines_of(scene).at(0), "1000,900 to 500,900");
    QCOMPARE(point_of(scene, "slow").remark, "dominated by middle: 0.500× the throughput, 2.00× the peak memory");
  }

  void modes_and_runs_have_fronts_of_their_own() {
    std::vector<Record> records = five();
    records.push_back(record_of("quick", 9e6, 9000, 1024, "training"));
    const plot::PlotScene modes = scene_of({run_of(records)});
    QVERIFY(!point_of(modes, "quick · training").hollow);
    const plot::PlotScene runs = scene_of({run_of(five()), run_of({record_of("slow", 4e6, 800)}, 2)});
    QVERIFY(point_of(runs, "slow · run1").hollow);
    QVERIFY(!point_of(runs, "slow · run2").hollow);
  }

  void scores_are_an_axis_and_memory_the_area() {
    ViewOptions options;
    options.score = "lra-text";
    const plot::PlotScene scene = scene_of({run_of(five())}, options);
    QCOMPARE(scene.title, "Long Range Arena, Text against time at N = 1k");
    QCOMPARE(scene.y.scale, plot::Scale::linear);
    QCOMPARE(scene.curves.size(), 3u);  // those with a score
    QVERIFY(!point_of(scene, "quick").hollow && !point_of(scene, "small").hollow);
    QVERIFY(point_of(scene, "middle").hollow);
    QVERIFY2(
        point_of(scene, "middle")
            .remark.startsWith(
                "dominated by quick: 2.00× the time, 10.0 points less in Long Range Arena, Text\npeak memory: 400 B"),
        qPrintable(point_of(scene, "middle").remark));
    QCOMPARE(point_of(scene, "quick").size / point_of(scene, "middle").size, 900.0 / 400);
    QVERIFY(scene.caption.contains("without a score: large, slow"));
    QVERIFY(scene.caption.contains("scores: invented scores"));
    options.score = "lra-unknown";
    QCOMPARE(scene_of({run_of(five())}, options).title, "Peak memory against time at N = 1k");
  }

  void hidden_variants_rank_nothing() {
    FilterValue filter;
    filter.hidden[static_cast<std::size_t>(Facet::variant)] = {"middle"};
    const plot::PlotScene scene = scene_of({run_of(five())}, {}, filter);
    QCOMPARE(scene.curves.size(), 5u);  // the legend can bring it back
    QVERIFY(!point_of(scene, "slow").hollow);
  }

  void length_and_missing_values() {
    std::vector<Record> records = five();
    records.push_back(record_of("quick", 1e6, 900, 2048));
    records[3].peak_memory_bytes.reset();
    records[4].status = attnscope::reports::Status::wrong;
    const plot::PlotScene scene = scene_of({run_of(records)});
    QVERIFY(scene.title.endsWith("N = 1k"));  // most were measured there
    QVERIFY2(scene.caption.contains("without peak memory: slow"), qPrintable(scene.caption));
    QVERIFY2(scene.caption.contains("without time: large"), qPrintable(scene.caption));
    ViewOptions options;
    options.length = 2048;
    QCOMPARE(scene_of({run_of(records)}, options).curves.size(), 1u);
    QVERIFY(!scene_of({}).empty_message.isEmpty());
  }
};

ATTNSCOPE_GUI_TEST(TestParetoScene)
#include "test_pareto_scene.moc"
