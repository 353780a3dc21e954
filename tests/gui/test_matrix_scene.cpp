// The heat map, and values relative to a baseline.
#include "tests/gui/gui_test.h"
#include "tests/gui/loaded_run.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using namespace attnscope::gui::testing;
using attnscope::reports::Record;
using attnscope::reports::Status;

namespace {

const plot::Cell* find_cell(const plot::PlotScene& scene, const QString& row, const QString& column) {
  for (const plot::Cell& cell : scene.cells) {
    const QPointF at = cell.area.center();
    if (scene.y.categories.value(static_cast<int>(at.y())) == row &&
        scene.x.categories.value(static_cast<int>(at.x())) == column)
      return &cell;
  }
  return nullptr;
}

ViewOptions relative_to(const char* variant) {
  ViewOptions options;
  options.relative = true;
  options.baseline_variant = QLatin1String(variant);
  return options;
}

}  // namespace

class TestMatrixScene : public QObject {
  Q_OBJECT

 private slots:
  void cells_carry_numbers_shades_and_keys() {
    const std::vector<LoadedRun> runs{run_of(synthetic_records(six_variants(), {"forward"}))};
    const plot::PlotScene scene = scene_of("matrix", runs);
    QCOMPARE(scene.x.categories, QStringList({"256", "512", "1k", "2k", "4k", "8k", "16k"}));
    QCOMPARE(scene.cells.size(), 42u);
    // The fastest at 16k on top, and categories count upwards.
    QCOMPARE(scene.y.categories,
             QStringList({"softmax", "flash", "longformer", "performer", "linformer", "linear_transformer"}));
    const plot::Cell* dear = find_cell(scene, "softmax", "16k");
    const plot::Cell* cheap = find_cell(scene, "linear_transformer", "256");
    QVERIFY(dear && cheap);
    QCOMPARE(dear->text, QStringLiteral("3.22 s"));  // 12 ns · 16384²
    QCOMPARE(dear->shade, 1.0);
    QVERIFY(cheap->shade >= 0 && cheap->shade < 0.1);
    QVERIFY2(dear->name.startsWith("softmax\nN 16k\nTime: 3.22 s\ninterval: "), qPrintable(dear->name));
    const Record& record = runs[0].run.records[static_cast<std::size_t>(PointKey::unpacked(dear->key).record)];
    QCOMPARE(QString::fromStdString(record.variant), QStringLiteral("softmax"));
    QVERIFY(record.seq_q == 16384);
    QVERIFY(scene.shade_key);
    QCOMPARE(scene.shade_key->labels.last(), QStringLiteral("3.22 s"));
    QVERIFY(!scene.diverging);
  }

  void what_failed_is_a_letter_with_its_reason() {
    std::vector<Record> records;
    std::int64_t n = 256;
    for (const Status status : {Status::ok, Status::unstable, Status::oom, Status::oom_predicted, Status::timeout,
                                Status::crashed, Status::wrong, Status::unsupported, Status::excluded}) {
      Record record = synthetic_record(six_variants()[0], n *= 2);
      record.status = status;
      if (!attnscope::reports::has_measurement(status)) {
        attnscope::gui::testing::fail_for_memory(record);
        record.status = status;
      }
      records.push_back(record);
    }
    const plot::PlotScene scene = scene_of("matrix", {run_of(records)});
    QStringList texts;
    for (const plot::Cell& cell : scene.cells) texts << cell.text;
    QCOMPARE(texts.mid(2), QStringList({"M", "M", "T", "C", "W", "–"}));  // what was excluded is not there
    QVERIFY(std::isnan(scene.cells[2].shade));
    QVERIFY(scene.cells[2].name.endsWith("oom: needs 25.6 GiB of 16 GiB"));
    QVERIFY2(scene.caption.contains("M: oom, oom_predicted; T: timeout"), qPrintable(scene.caption));
    QVERIFY(scene.cells[1].name.endsWith("unstable"));
  }

  void rows_without_a_value_at_the_end_come_last() {
    auto records = synthetic_records(six_variants(), {"forward"});
    for (Record& record : records) {
      if (record.variant == "linear_transformer" && *record.seq_q > 512) fail_for_memory(record);
    }
    QCOMPARE(scene_of("matrix", {run_of(records)}).y.categories.front(), QStringLiteral("linear_transformer"));
  }

  void hidden_series_have_no_row_and_the_axis_can_be_another() {
    auto records = synthetic_records({six_variants()[0], six_variants()[1]}, {"forward"});
    records.resize(2);
    records[1] = records[0];
    records[0].heads = 4;
    FilterValue filter;
    ViewOptions options;
    options.over = "heads";
    QCOMPARE(scene_of("matrix", {run_of(records)}, options).x.categories, QStringList({"4", "8"}));
    filter.hidden[static_cast<std::size_t>(Facet::variant)].insert("softmax");
    const plot::PlotScene nothing = scene_of("matrix", {run_of(records)}, options, filter);
    QVERIFY(nothing.cells.empty() && !nothing.empty_message.isEmpty());
  }

  void relative_values_are_ratios_around_one() {
    const std::vector<LoadedRun> runs{run_of(synthetic_records(six_variants(), {"forward"}))};
    const plot::PlotScene scene = scene_of("matrix", runs, relative_to("softmax"));
    QVERIFY(scene.diverging);
    const plot::Cell* self = find_cell(scene, "softmax", "4k");
    QCOMPARE(self->text, QStringLiteral("1.00×"));
    QCOMPARE(self->shade, 0.5);
    const plot::Cell* cheaper = find_cell(scene, "linformer", "4k");
    QCOMPARE(cheaper->text, plot::format_quantity(plot::Quantity::ratio, 600.0 * 4096 / (12.0 * 4096 * 4096)));
    QVERIFY(cheaper->shade < 0.5);
    QVERIFY(find_cell(scene_of("matrix", runs, relative_to("flash")), "softmax", "4k")->shade > 0.5);
    QVERIFY(scene.title.contains("relative to softmax"));
  }

  void relative_curves_have_intervals_of_both_sides() {
    const std::vector<LoadedRun> runs{run_of(synthetic_records(six_variants(), {"forward"}))};
    plot::PlotScene scene = scene_of("tradeoff", runs, relative_to("softmax"));
    const plot::Curve& curve = *find_curve(scene, "linformer");
    QCOMPARE(curve.points[0].y, 600.0 * 256 / (12.0 * 256 * 256));
    QVERIFY(curve.points[0].interval);
    const auto own = runs[0].run.records[0];
    const double own_width = *own.time_ci_hi_ns / *own.time_ci_lo_ns;
    QVERIFY(curve.points[0].interval->hi / curve.points[0].interval->lo > own_width);  // the baseline's error too
    QVERIFY(curve.points[0].interval->contains(curve.points[0].y));
    QCOMPARE(curve.note, QStringLiteral("n^-1.00"));
    QVERIFY(curve.claim.isEmpty());
    QCOMPARE(scene.y.quantity, plot::Quantity::ratio);
    QCOMPARE(scene.reference_lines.size(), 1u);
    for (const plot::CurvePoint& point : find_curve(scene, "softmax")->points) QCOMPARE(point.y, 1.0);
    ViewOptions spread = relative_to("softmax");
    spread.source = IntervalSource::spread;
    scene = scene_of("tradeoff", runs, spread);
    const plot::CurvePoint& point = find_curve(scene, "linformer")->points[0];
    QCOMPARE(point.interval->hi, point.y * 1.4);
  }

  void what_has_no_counterpart_is_left_out() {
    auto records = synthetic_records({six_variants()[0], six_variants()[3]}, {"forward"});
    std::erase_if(records, [](const Record& r) { return r.variant == "softmax" && *r.seq_q == 16384; });
    const plot::PlotScene scene = scene_of("tradeoff", {run_of(records)}, relative_to("softmax"));
    QCOMPARE(find_curve(scene, "linformer")->points.size(), 6u);
    for (Record& record : records) record.causal = record.variant == "linformer" ? 1 : 0;
    const plot::PlotScene matrix = scene_of("matrix", {run_of(records)}, relative_to("softmax"));
    QCOMPARE(matrix.y.categories.size(), 1);
    QVERIFY2(matrix.caption.contains("1 rows without any value"), qPrintable(matrix.caption));
  }

  void a_ratio_of_times_per_token_is_that_of_times() {
    const std::vector<LoadedRun> runs{run_of(synthetic_records(six_variants(), {"forward"}))};
    ViewOptions time = relative_to("softmax"), per_token = relative_to("softmax");
    per_token.metric = find_metric("time_per_token");
    const plot::CurvePoint a = find_curve(scene_of("tradeoff", runs, time), "flash")->points[3];
    const plot::CurvePoint b = find_curve(scene_of("tradeoff", runs, per_token), "flash")->points[3];
    QVERIFY(qFuzzyCompare(a.y, b.y));
    QVERIFY(std::abs(a.interval->lo / b.interval->lo - 1) < 1e-9 &&
            std::abs(a.interval->hi / b.interval->hi - 1) < 1e-9);
  }
};

ATTNSCOPE_GUI_TEST(TestMatrixScene)
#include "test_matrix_scene.moc"
