// What the compare view draws of runs and variants.
#include <cmath>

#include "gui/model/compare_scene.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_record;
using attnscope::reports::Record;

namespace {

LoadedRun run_of(int id, std::vector<Record> records, const QString& name) {
  LoadedRun run;
  run.id = id;
  run.name = name;
  run.run.records = std::move(records);
  return run;
}

Record record_of(std::size_t variant, std::int64_t n, double factor = 1) {
  Record record = synthetic_record(six_variants()[variant], n);
  for (auto member : {&Record::time_median_ns, &Record::time_ci_lo_ns, &Record::time_ci_hi_ns})
    record.*member = *(record.*member) * factor;
  return record;
}

attnscope::reports::Environment machine(const char* model, const char* compiler) {
  attnscope::reports::Environment environment;
  environment.env_id = model;
  environment.values["cpu"]["model"] = model;
  environment.values["compiler"] = compiler;
  return environment;
}

plot::PlotScene scene_of(const std::vector<LoadedRun>& runs, const ViewOptions& options = {},
                         std::span<const attnscope::reports::ModelCard> cards = {}) {
  const StyleBook styles;
  const Visibility visibility;
  return build_compare({runs, visibility, styles, cards, {}}, options);
}

// softmax twice as slow, flash twice as fast, linformer new, performer gone, longformer out of memory.
std::vector<LoadedRun> two_runs() {
  Record failed = record_of(2, 1024);
  attnscope::gui::testing::fail_for_memory(failed);
  return {run_of(1, {record_of(0, 1024), record_of(1, 1024), record_of(4, 1024), record_of(2, 1024)}, "old"),
          run_of(2, {record_of(0, 1024, 2), record_of(1, 1024, 0.5), record_of(3, 1024), failed}, "new")};
}

}  // namespace

class TestCompareScene : public QObject {
  Q_OBJECT

 private slots:
  void rows_say_verdict_ratio_and_interval() {
    const plot::PlotScene scene = scene_of(two_runs());
    QCOMPARE(scene.title, "Time against run old at N = 1k");
    QCOMPARE(scene.y.categories, QStringList({"linformer – new", "longformer – status", "performer · old – gone",
                                              "softmax – slower", "flash – faster"}));
    QCOMPARE(scene.curves.size(), 2u);
    const plot::Curve &slower = scene.curves[0], &faster = scene.curves[1];
    QCOMPARE(slower.name, "softmax · new");
    QCOMPARE(slower.group, "slower (1)");
    QCOMPARE(slower.points[0].x, 2.0);
    QCOMPARE(slower.points[0].y, 3.0);
    QVERIFY(slower.points[0].key == (PointKey{2, 0}.packed()));
    QVERIFY(slower.points[0].remark.startsWith("slower\n95 % interval of the ratio: 1."));
    QVERIFY(slower.points[0].remark.contains("25.2 ms, against 12.6 ms of run old"));
    QCOMPARE(faster.points[0].x, 0.5);
    // Told apart by more than the colour.
    QVERIFY(faster.slot != slower.slot && faster.marker != slower.marker);
    const plot::ReferenceLine& interval = scene.reference_lines[0];
    QVERIFY(interval.from.x() < 2 && interval.to.x() > 2 && interval.from.y() == 3 && interval.to.y() == 3);
  }

  void cases_without_a_ratio_are_fields() {
    const plot::PlotScene scene = scene_of(two_runs());
    QStringList texts;
    for (const plot::Cell& cell : scene.cells) texts << cell.text;
    QCOMPARE(texts, QStringList({"new", "status: ok → oom: needs 25.6 GiB of 16 GiB", "gone: not in run new"}));
    QVERIFY(scene.cells[0].key == (PointKey{2, 2}.packed()));  // the new case
    QVERIFY(scene.cells[2].key == (PointKey{1, 2}.packed()));  // the one that is gone
    QCOMPARE(scene.cells[1].area.center().y(), 1.0);
  }

  void one_is_in_the_middle_between_runs() {
    const plot::PlotScene scene = scene_of(two_runs());
    QVERIFY(std::abs(std::log2(scene.x.range.lo * scene.x.range.hi)) < 1e-9);
    QCOMPARE(scene.x.scale, plot::Scale::log2);
    QCOMPARE(scene.regions.size(), 1u);
    QVERIFY(scene.regions[0].x.contains(1) && !scene.regions[0].x.contains(1.02));
    QCOMPARE(scene.x.title, "← faster      time, ratio to run old      slower →");
    QVERIFY(scene.caption.contains("at all lengths: 1 faster, 1 slower, 1 new, 1 gone, 1 status"));
  }

  void differences_of_the_machines_come_first() {
    std::vector<LoadedRun> runs = two_runs();
    runs[0].run.environments = {machine("Xeon", "GNU 12")};
    runs[1].run.environments = {machine("EPYC", "Clang 14")};
    for (LoadedRun& run : runs) {
      for (Record& record : run.run.records) record.env_id = run.run.environments[0].env_id;
    }
    const QString caption = scene_of(runs).caption;
    QVERIFY2(caption.startsWith("ANOTHER MACHINE, times cannot be compared: CPU model Xeon | EPYC; environments "
                                "differ: compiler GNU 12 | Clang 14; "),
             qPrintable(caption));
    QVERIFY(scene_of(two_runs()).caption.startsWith("forward"));
  }

  void a_variant_is_compared_with_an_exact_one() {
    Record softmax = record_of(0, 1024), linformer = record_of(3, 1024), flash = record_of(1, 1024);
    softmax.family = flash.family = "exact";
    const std::vector<LoadedRun> runs{run_of(1, {flash, linformer, softmax}, "run")};
    std::vector<attnscope::reports::ModelCard> cards(2);
    cards[0].name = "softmax";
    cards[1].name = "flash";
    plot::PlotScene scene = scene_of(runs, {}, cards);
    QCOMPARE(scene.title, "Time against softmax at N = 1k");
    QCOMPARE(scene.curves.size(), 2u);
    QVERIFY(scene.caption.endsWith("no baseline was chosen: softmax is taken"));
    QCOMPARE(scene_of(runs).title, "Time against flash at N = 1k");  // without cards the first exact one
    ViewOptions options;
    options.baseline_variant = "linformer";
    options.metric = find_metric("tokens");
    scene = scene_of(runs, options, cards);
    QCOMPARE(scene.x.title, "← slower      throughput, ratio to linformer      faster →");
    QVERIFY(!scene.caption.contains("no baseline was chosen"));
    const double of_rate = scene.curves[0].points[0].x;
    options.metric = find_metric("time_per_token");
    scene = scene_of(runs, options, cards);
    QCOMPARE(scene.x.title, "← faster      time per token, ratio to linformer      slower →");
    QCOMPARE(scene.curves.back().points[0].x, 1 / of_rate);
  }

  void without_a_counterpart_it_says_what_to_do() {
    const plot::PlotScene alone = scene_of({run_of(1, {record_of(3, 1024)}, "run")});
    QVERIFY(alone.empty_message.startsWith("Open a second run, or choose a baseline"));
    QCOMPARE(plot::drawable_count(alone), 0u);
    ViewOptions options;
    options.baseline_variant = "linformer";
    const plot::PlotScene itself = scene_of({run_of(1, {record_of(3, 1024)}, "run")}, options);
    QCOMPARE(itself.empty_message, "No visible case can be compared with linformer.");
  }
};

ATTNSCOPE_GUI_TEST(TestCompareScene)
#include "test_compare_scene.moc"
