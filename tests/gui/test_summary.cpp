// The line above the plot.
#include <QTest>

#include "gui/model/summary.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/loaded_run.h"
#include "tests/gui/synthetic_runs.h"

using namespace attnscope::gui;
using namespace attnscope::gui::model;
using attnscope::gui::testing::run_of;
using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_records;

class TestSummary : public QObject {
  Q_OBJECT

  static Summary of(const std::vector<LoadedRun>& runs, const ViewOptions& options = {},
                    const FilterValue& filter = {}) {
    const StyleBook styles;
    const Visibility visibility(filter);
    return summarize({runs, visibility, styles, {}, {}}, options);
  }

 private slots:
  void counts_cases_and_failures() {
    const std::vector<LoadedRun> runs{run_of(synthetic_records(six_variants(), {"forward", "training"}))};
    const Summary all = of(runs);
    QVERIFY2(all.cases.startsWith("1 run, 84 cases, "), qPrintable(all.cases));
    QVERIFY(all.cases.endsWith(" failed"));
    QCOMPARE(all.verdicts, QString());
    FilterValue forward;
    forward.text = "mode:forward";
    QCOMPARE(of(runs, {}, forward).cases, QStringLiteral("1 run, 42 of 84 cases shown"));
  }

  void verdicts_are_those_of_the_visible_cases() {
    const std::vector<LoadedRun> runs{run_of(synthetic_records(six_variants(), {"forward"}))};
    ViewOptions options;
    options.baseline_variant = "softmax";
    FilterValue two;
    two.text = "variant:softmax || variant:linformer";
    const QString text = of(runs, options, two).verdicts;
    QVERIFY2(text.contains(" against softmax: "), qPrintable(text));
    int cases = 0;
    for (const QString& word : text.section(": ", 1).split(", ")) cases += word.section(' ', 0, 0).toInt();
    QCOMPARE(cases, 7);  // lengths of linformer
    options.baseline_variant = "no such";
    QCOMPARE(of(runs, options, two).verdicts, QString());
  }
};

ATTNSCOPE_GUI_TEST(TestSummary)
#include "test_summary.moc"
