// Which case another is compared with, and what is said of the two.
#include "gui/model/baseline.h"
#include "gui/model/baseline_comparison.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_record;
using attnscope::reports::Record;
using attnscope::reports::Status;
using attnscope::reports::Verdict;

namespace {

LoadedRun run_of(int id, std::vector<Record> records) {
  LoadedRun run;
  run.id = id;
  run.name = QStringLiteral("run%1").arg(id);
  run.run.records = std::move(records);
  return run;
}

Record softmax_at(std::int64_t n) { return synthetic_record(six_variants()[0], n); }
Record linformer_at(std::int64_t n) { return synthetic_record(six_variants()[3], n); }

// The same case, `factor` times as long.
Record slowed(Record record, double factor) {
  for (auto member : {&Record::time_median_ns, &Record::time_ci_lo_ns, &Record::time_ci_hi_ns})
    record.*member = *(record.*member) * factor;
  return record;
}

ViewOptions against_run(int id) {
  ViewOptions options;
  options.baseline_run = id;
  return options;
}

ViewOptions against_variant(const QString& variant) {
  ViewOptions options;
  options.baseline_variant = variant;
  return options;
}

BaselineComparison compare(const std::vector<LoadedRun>& runs, const ViewOptions& options,
                           const FilterValue& filter = {}) {
  const StyleBook styles;
  const Visibility visibility(filter);
  return compare_with_baseline({runs, visibility, styles, {}, {}}, options);
}

}  // namespace

class TestBaseline : public QObject {
  Q_OBJECT

 private slots:
  void without_a_baseline_nothing_has_a_counterpart() {
    const std::vector<LoadedRun> runs{run_of(1, {softmax_at(512)})};
    QVERIFY(!Baseline().is_set());
    QVERIFY(!Baseline(runs, {}).is_set());
    QVERIFY(!Baseline(runs, against_run(7)).is_set());  // not loaded
    QVERIFY(!Baseline(runs, against_variant("flash")).is_set());
    QCOMPARE(Baseline(runs, {}).find(runs[0], runs[0].run.records[0]), nullptr);
    QVERIFY(compare(runs, {}).series.empty());
  }

  void a_run_is_searched_for_the_same_case() {
    const std::vector<LoadedRun> runs{run_of(1, {softmax_at(512), softmax_at(1024)}),
                                      run_of(2, {softmax_at(1024), softmax_at(2048)})};
    const Baseline baseline(runs, against_run(1));
    QCOMPARE(baseline.name(), "run run1");
    const auto* counterpart = baseline.find(runs[1], runs[1].run.records[0]);
    QVERIFY(counterpart);
    QCOMPARE(counterpart->record, &runs[0].run.records[1]);
    QVERIFY(counterpart->key == (PointKey{1, 1}));
    QCOMPARE(baseline.find(runs[1], runs[1].run.records[1]), nullptr);
    QVERIFY(baseline.contains(runs[0], runs[0].run.records[0]));
    QVERIFY(!baseline.contains(runs[1], runs[1].run.records[0]));
  }

  void a_variant_is_searched_in_the_same_setting() {
    Record causal = linformer_at(512), training = synthetic_record(six_variants()[3], 512, "training");
    causal.causal = 1;
    const std::vector<LoadedRun> runs{
        run_of(1, {softmax_at(512), softmax_at(1024), linformer_at(1024), causal, training}),
        run_of(2, {linformer_at(512)})};
    const Baseline baseline(runs, against_variant("softmax"));
    QCOMPARE(baseline.name(), "softmax");
    const auto& records = runs[0].run.records;
    QCOMPARE(baseline.find(runs[0], records[2])->record, &records[1]);
    QCOMPARE(baseline.find(runs[0], records[3]), nullptr);              // another mask
    QCOMPARE(baseline.find(runs[0], records[4]), nullptr);              // another mode
    QCOMPARE(baseline.find(runs[1], runs[1].run.records[0]), nullptr);  // not measured in that run
    ViewOptions both = against_variant("softmax");
    both.baseline_run = 1;
    const Baseline of_run(runs, both);
    QCOMPARE(of_run.name(), "softmax of run run1");
    QCOMPARE(of_run.find(runs[1], runs[1].run.records[0])->record, &records[0]);
  }

  void of_several_records_the_last_measured_counts() {
    Record failed = softmax_at(512);
    attnscope::gui::testing::fail_for_memory(failed);
    const std::vector<LoadedRun> runs{run_of(1, {softmax_at(512), slowed(softmax_at(512), 2), failed})};
    QCOMPARE(Baseline(runs, against_run(1)).find(runs[0], runs[0].run.records[0])->record, &runs[0].run.records[1]);
  }

  void the_first_parameter_set_of_the_variant_counts() {
    Record wide = softmax_at(512), narrow = softmax_at(512);
    wide.params = "window=512";
    narrow.params = "window=64";
    const std::vector<LoadedRun> runs{run_of(1, {wide, narrow, linformer_at(512)})};
    const Baseline baseline(runs, against_variant("softmax"));
    QCOMPARE(baseline.find(runs[0], runs[0].run.records[2])->record, &runs[0].run.records[0]);
    QCOMPARE(baseline.find(runs[0], runs[0].run.records[1])->record, &runs[0].run.records[0]);
  }

  void verdicts_of_a_run() {
    const std::vector<LoadedRun> runs{
        run_of(1, {softmax_at(256), softmax_at(512), softmax_at(1024), linformer_at(256)}),
        run_of(2, {slowed(softmax_at(256), 2), slowed(softmax_at(512), 0.5), softmax_at(1024), softmax_at(2048)})};
    const BaselineComparison result = compare(runs, against_run(1));
    QCOMPARE(result.series.size(), 2u);
    const auto& cases = result.series[0].cases;
    QCOMPARE(cases.size(), 4u);
    QCOMPARE(cases[0].comparison.verdict, Verdict::worse);
    QCOMPARE(*cases[0].comparison.ratio, 2.0);
    QVERIFY(cases[0].comparison.interval->lo < 2 && cases[0].comparison.interval->hi > 2);
    QCOMPARE(cases[1].comparison.verdict, Verdict::better);
    QCOMPARE(cases[2].comparison.verdict, Verdict::unclear);  // equal, but 5 % intervals do not show it
    QCOMPARE(cases[3].comparison.verdict, Verdict::added);
    QVERIFY(cases[3].key == (PointKey{2, 3}));
    QCOMPARE(result.series[1].series.variant, "linformer");
    QCOMPARE(result.series[1].cases[0].comparison.verdict, Verdict::gone);
    QStringList words;
    for (const VerdictCount& count : count_verdicts(result))
      words << QStringLiteral("%1 %2").arg(count.cases).arg(count.word);
    QCOMPARE(words, QStringList({"1 faster", "1 slower", "1 unclear", "1 new", "1 gone"}));
  }

  void verdicts_of_a_variant_and_of_what_is_hidden() {
    Record causal = linformer_at(512);
    causal.causal = 1;
    const std::vector<LoadedRun> runs{run_of(1, {softmax_at(8192), linformer_at(8192), causal})};
    const BaselineComparison result = compare(runs, against_variant("softmax"));
    QCOMPARE(result.series.size(), 1u);
    QCOMPARE(result.series[0].cases[0].comparison.verdict, Verdict::better);
    QCOMPARE(result.without_counterpart, 1);
    FilterValue filter;
    filter.hidden[0] = {"linformer"};
    QVERIFY(compare(runs, against_variant("softmax"), filter).series.empty());
    filter = {};
    filter.text = "variant:linformer";  // the baseline need not be visible
    QCOMPARE(compare(runs, against_variant("softmax"), filter).series.size(), 1u);
  }

  void the_metric_decides_the_word() {
    const std::vector<LoadedRun> runs{run_of(1, {softmax_at(8192), linformer_at(8192)})};
    ViewOptions options = against_variant("softmax");
    options.metric = find_metric("memory");
    const BaselineComparison result = compare(runs, options);
    QCOMPARE(count_verdicts(result)[0].word, "smaller");
    QCOMPARE(result.settings.metric->name, std::string_view("peak_memory_bytes"));
  }
};

ATTNSCOPE_GUI_TEST(TestBaseline)
#include "test_baseline.moc"
