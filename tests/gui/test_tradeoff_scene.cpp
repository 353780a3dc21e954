// The tradeoff view along other axes than the length, with samples, and beside the survey's claims.
#include "gui/model/case_axis.h"
#include "gui/plot/legend.h"
#include "gui/plot/readout.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/loaded_run.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using namespace attnscope::gui::testing;
using attnscope::reports::ModelCard;
using attnscope::reports::Record;

namespace {

// softmax and longformer at two lengths, three head counts and two windows.
std::vector<Record> varied_run() {
  std::vector<Record> records;
  for (const std::int64_t n : {16384, 512}) {
    for (const std::int64_t heads : {16, 4, 8}) {
      for (const char* params : {"", "window=256;global=1", "window=512;global=1"}) {
        Record record = synthetic_record(six_variants()[*params ? 2 : 0], n);
        record.heads = heads;
        record.params = params;
        record.time_median_ns = *record.time_median_ns * static_cast<double>(heads);
        records.push_back(record);
      }
    }
  }
  return records;
}

ModelCard card(const char* name, const char* complexity) {
  ModelCard result;
  result.name = name;
  result.complexity = complexity;
  return result;
}

QStringList names_of(const std::vector<CaseAxis>& axes) {
  QStringList names;
  for (const CaseAxis& axis : axes) names << axis.id();
  return names;
}

}  // namespace

class TestTradeoffScene : public QObject {
  Q_OBJECT

 private slots:
  void points_are_hollow_while_their_run_goes_on() {
    LoadedRun done = run_of(synthetic_records({six_variants()[0]}, {"forward"}), 1, "done");
    LoadedRun live = run_of(synthetic_records({six_variants()[1]}, {"forward"}), 2, "live");
    live.is_being_written = true;
    const plot::PlotScene scene = scene_of("tradeoff", {done, live});
    QCOMPARE(scene.curves.size(), 2u);
    for (const plot::Curve& curve : scene.curves) {
      for (const plot::CurvePoint& point : curve.points) QCOMPARE(point.hollow, curve.group == "flash");
    }
    QVERIFY(scene.caption.contains("hollow: the run goes on"));
    QVERIFY(!scene.caption.contains("unstable"));
    live.is_being_written = false;
    QVERIFY(!scene_of("tradeoff", {done, live}).caption.contains("hollow"));
  }

  void axes_are_columns_and_parameters() {
    for (const char* name : {"", "n", "seq_q"}) QVERIFY(CaseAxis::find(name)->is_length());
    QCOMPARE(CaseAxis::find("head_dim")->name(), QStringLiteral("head dim"));
    QCOMPARE(CaseAxis::find("params.window")->name(), QStringLiteral("window"));
    QVERIFY(!CaseAxis::find("haeds"));
    QVERIFY(!CaseAxis::find("variant"));
    Record record = varied_run()[1];
    QCOMPARE(CaseAxis::find("params.window")->value(record), std::optional(256.0));
    QVERIFY(!CaseAxis::find("params.stride")->value(record));
    QCOMPARE(CaseAxis::find("heads")->text(record), QStringLiteral("heads 16"));
    record.mode = "decode";
    record.seq_q = 1;
    record.seq_k = 4096;
    QCOMPARE(CaseAxis().value(record), std::optional(4096.0));
  }

  void only_what_varies_is_offered() {
    const std::vector<LoadedRun> runs{run_of(varied_run())};
    QCOMPARE(names_of(varying_axes(runs, Visibility())), QStringList({"n", "heads", "params.window"}));
    FilterValue filter;
    filter.text = "variant:softmax heads:8";
    QCOMPARE(names_of(varying_axes(runs, Visibility(filter))), QStringList({"n"}));
  }

  void along_heads_the_length_tells_curves_apart() {
    ViewOptions options;
    options.over = "heads";
    const plot::PlotScene scene = scene_of("tradeoff", {run_of(varied_run())}, options);
    QCOMPARE(scene.x.title, QStringLiteral("heads"));
    QCOMPARE(scene.title, QStringLiteral("Time over heads"));
    QStringList names;
    for (const plot::Curve& curve : scene.curves) names << curve.name;
    QCOMPARE(names, QStringList({"longformer window=256 · N 512", "longformer window=256 · N 16k",
                                 "longformer window=512 · N 512", "longformer window=512 · N 16k", "softmax · N 512",
                                 "softmax · N 16k"}));
    const plot::Curve& curve = *find_curve(scene, "softmax · N 16k");
    QCOMPARE(curve.points.size(), 3u);
    QCOMPARE(curve.points[0].x, 4.0);
    QCOMPARE(curve.points[2].x, 16.0);
    QCOMPARE(curve.note, QStringLiteral("heads^1.00"));
    QVERIFY(curve.dash != find_curve(scene, "softmax · N 512")->dash);
    QVERIFY(scene.identity != scene_of("tradeoff", {run_of(varied_run())}).identity);
  }

  void along_a_parameter_it_is_no_part_of_the_name() {
    ViewOptions options;
    options.over = "params.window";
    FilterValue filter;
    filter.text = "n:512 heads:8";
    const plot::PlotScene scene = scene_of("tradeoff", {run_of(varied_run())}, options, filter);
    QCOMPARE(scene.curves.size(), 1u);  // softmax has no window
    QCOMPARE(scene.curves[0].name, QStringLiteral("longformer"));
    QCOMPARE(scene.curves[0].points.size(), 2u);
    QCOMPARE(scene.curves[0].points[1].x, 512.0);
  }

  void claims_stand_beside_what_was_fitted() {
    const std::vector<LoadedRun> runs{run_of(synthetic_records(six_variants(), {"forward", "training"}))};
    const std::vector<ModelCard> cards{card("softmax", "O(N²)"), card("flash", "")};
    const plot::PlotScene scene = scene_of("tradeoff", runs, {}, {}, cards);
    QCOMPARE(find_curve(scene, "softmax · forward")->claim, QStringLiteral("claimed N²"));
    for (const plot::LegendRow& row : plot::build_legend(scene)) {
      if (row.text == "softmax") QCOMPARE(row.note, QStringLiteral("n^2.00 (claimed N²)"));
      if (row.text == "flash") QCOMPARE(row.note, QStringLiteral("n^1.95"));
    }
    // The claim is about operations: not about memory, nor about other axes.
    ViewOptions memory;
    memory.metric = find_metric("memory");
    QVERIFY(find_curve(scene_of("tradeoff", runs, memory, {}, cards), "softmax · forward")->claim.isEmpty());
    ViewOptions heads;
    heads.over = "heads";
    for (const plot::Curve& curve : scene_of("tradeoff", runs, heads, {}, cards).curves) QVERIFY(curve.claim.isEmpty());
    // Without a fit there is nothing to hold it against.
    ViewOptions without;
    without.fits = false;
    for (const plot::LegendRow& row : plot::build_legend(scene_of("tradeoff", runs, without, {}, cards)))
      QVERIFY(row.note.isEmpty());
  }

  void samples_are_dots_within_the_frame() {
    std::vector<Record> records{synthetic_record(six_variants()[0], 512), synthetic_record(six_variants()[0], 1024)};
    records[0].samples_ns = {2e6, 3e6, 9e9};
    ViewOptions options;
    QVERIFY(scene_of("tradeoff", {run_of(records)}, options).clouds.empty());
    options.samples = true;
    const plot::PlotScene scene = scene_of("tradeoff", {run_of(records)}, options);
    QCOMPARE(scene.clouds.size(), 1u);
    QCOMPARE(scene.clouds[0].points, std::vector<QPointF>({{512, 2e6}, {512, 3e6}, {512, 9e9}}));
    QVERIFY(scene.y.range.contains(9e9));
    QVERIFY(scene.caption.contains("single samples"));
    QCOMPARE(plot::build_legend(scene).size(), 1u);
    options.metric = find_metric("memory");
    QVERIFY(scene_of("tradeoff", {run_of(records)}, options).clouds.empty());
  }
};

ATTNSCOPE_GUI_TEST(TestTradeoffScene)
#include "test_tradeoff_scene.moc"
