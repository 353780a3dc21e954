// What a metric takes from a record.
#include "gui/model/metric.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/loaded_run.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using namespace attnscope::gui::testing;
using attnscope::reports::Record;

class TestMetric : public QObject {
  Q_OBJECT

  static const Metric& metric(const char* id) { return *find_metric(QLatin1String(id)); }

 private slots:
  void every_metric_has_a_column_a_formula_and_values() {
    const std::vector<LoadedRun> runs{run_of(synthetic_records(six_variants(), {"forward"}))};
    for (const Metric& m : metrics()) {
      QVERIFY2(attnscope::reports::find_column(m.column), m.id);
      QVERIFY2(!metric_formula(m).isEmpty(), m.id);
      QCOMPARE(find_metric(QLatin1String(m.id)), &m);
      ViewOptions options;
      options.metric = &m;
      const plot::PlotScene scene = scene_of("tradeoff", runs, options);
      QCOMPARE(scene.curves.size(), 6u);
      QCOMPARE(scene.curves[0].points.size(), 7u);
      QVERIFY2(!scene.y.title.isEmpty(), m.id);
    }
    QVERIFY(!find_metric("speed"));
  }

  void intervals_follow_from_the_time() {
    Record record = synthetic_record(six_variants()[0], 1024);
    record.time_median_ns = 100;
    record.time_ci_lo_ns = 80;
    record.time_ci_hi_ns = 125;
    record.tokens_per_s = 1000;
    const auto confidence = IntervalSource::confidence;
    const auto time = metric_interval(metric("time"), record, confidence);
    QVERIFY(time);
    QCOMPARE(time->lo, 80.0);
    QCOMPARE(time->hi, 125.0);
    const auto rate = metric_interval(metric("tokens"), record, confidence);
    QVERIFY(rate);
    QCOMPARE(rate->lo, 800.0);
    QCOMPARE(rate->hi, 1250.0);
    QCOMPARE(metric_value(metric("time_per_token"), record), std::optional(1e6));  // 1 ms
    const auto per_token = metric_interval(metric("time_per_token"), record, confidence);
    QVERIFY(per_token);
    QCOMPARE(per_token->lo, 0.8e6);
    QCOMPARE(per_token->hi, 1.25e6);
    QVERIFY(!metric_interval(metric("memory"), record, confidence));
    QVERIFY(!metric_interval(metric("power"), record, confidence));
  }

  void what_was_not_recorded_has_no_value() {
    Record record;
    for (const Metric& m : metrics()) QVERIFY2(!metric_value(m, record), m.id);
    record.tokens_per_s = 0;
    QVERIFY(!metric_value(metric("time_per_token"), record));
    record.samples_ns = {1, 2, 3};
    QCOMPARE(metric_samples(metric("time"), record).size(), 3u);
    QVERIFY(metric_samples(metric("tokens"), record).empty());
    QVERIFY(metric_samples(metric("memory"), record).empty());
  }
};

ATTNSCOPE_GUI_TEST(TestMetric)
#include "test_metric.moc"
