// Damaged files and nonsensical filters: readable problems, the rest shown, never a crash.
//
// ATTNSCOPE_GUI_FUZZ_CASES sets the executions per test; run many of them under sanitizers.
#include <QFile>
#include <QTemporaryDir>
#include <cmath>

#include "gui/model/session.h"
#include "gui/model/tradeoff_scene.h"
#include "gui/model/view.h"
#include "gui/plot/exporter.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"
#include "tests/reports/damage.h"

using namespace attnscope::gui;
using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_record;
using attnscope::reports::testing::Damage;

namespace {

int wanted_cases() {
  bool is_number = false;
  const int wanted = qEnvironmentVariableIntValue("ATTNSCOPE_GUI_FUZZ_CASES", &is_number);
  return is_number ? wanted : 150;
}

}  // namespace

class TestFuzz : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  QString path() const { return folder_.filePath("run.jsonl"); }
  void write(const std::string& content) const {
    QFile file(path());
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content.data(), static_cast<qint64>(content.size()));
  }
  static void draw_every_view(const model::Session& session) {
    for (const model::View& view : model::views()) {
      const plot::PlotScene scene = view.build(session.view_input(), session.view.options());
      plot::ExportOptions options;
      options.size = {320, 240};
      QVERIFY2(!plot::render_image(scene, options).isNull(), view.id);
    }
  }
  // The environment, and a few cases of every status.
  static std::string sample_lines() {
    QFile file(QStringLiteral(ATTNSCOPE_SAMPLE_RUN));
    if (!file.open(QIODevice::ReadOnly)) return {};
    std::string lines;
    for (int i = 0; !file.atEnd(); ++i) {
      const QByteArray line = file.readLine();
      if (i < 6 || i % 23 == 0) lines += line.toStdString();
    }
    return lines;
  }

 private slots:
  void damaged_runs_are_shown_as_far_as_they_can_be_read() {
    const std::string whole = sample_lines();
    QVERIFY(whole.size() > 10'000);
    Damage damage(20261128);
    int loaded = 0, refused = 0;
    for (int i = 0; i < wanted_cases(); ++i) {
      write(damage.apply(whole));
      model::Session session;
      const QList<model::LoadProblem> problems = session.runs.load({path()});
      ++(session.runs.is_empty() ? refused : loaded);
      QVERIFY(!session.runs.is_empty() || !problems.isEmpty());
      for (const model::LoadProblem& problem : problems) {
        QVERIFY(problem.message.size() > 10);
        QVERIFY2(problem.text().startsWith(path()), qPrintable(problem.text()));
        QVERIFY(problem.is_fatal || problem.line > 0);
      }
      if (i % 10 == 0) draw_every_view(session);
    }
    QVERIFY2(loaded > refused, qPrintable(QStringLiteral("%1 loaded, %2 refused").arg(loaded).arg(refused)));
  }

  void nonsensical_filters_are_explained_and_change_nothing() {
    const std::string valid = "variant:/^fl.*h$/ (n:>=4k OR -dtype:bf16) && time_median_ns<=2e6 || variant!='softmax'";
    model::Session session;
    write(sample_lines());
    session.runs.load({path()});
    Damage damage(20261129);
    int accepted = 0, refused = 0;
    for (int i = 0; i < wanted_cases() * 10; ++i) {
      const QString text = QString::fromStdString(damage.apply(valid));
      const QString before = session.filter.value().text;
      if (session.filter.set_text(text)) {
        ++accepted;
        QVERIFY(session.filter.error().isEmpty());
        if (i % 50 == 0) draw_every_view(session);
      } else {
        ++refused;
        QVERIFY2(session.filter.error().size() > 10, qPrintable(text));
        QCOMPARE(session.filter.value().text, before);
      }
    }
    QVERIFY(accepted > 0 && refused > 0);
  }

  void values_that_no_log_axis_can_show() {
    using attnscope::reports::Record;
    std::string lines = "{\"type\":\"env\",\"env_id\":\"e\"}\n";
    const double values[] = {0, -1, 1e308, 4.9e-324, -1e308, 1e-300};
    for (std::size_t i = 0; i < std::size(values); ++i) {
      for (const auto& variant : six_variants()) {
        Record record = synthetic_record(variant, 256 << i);
        record.time_median_ns = record.time_ci_lo_ns = record.time_ci_hi_ns = record.time_p05_ns = values[i];
        record.peak_memory_bytes = i % 2 == 0 ? 0 : -5;
        record.flops_model = INT64_MAX;
        record.bytes_model = INT64_MIN;
        record.seq_q = i == 3 ? 0 : i == 4 ? -7 : *record.seq_q;
        record.heads = i == 5 ? 0 : 8;
        record.samples_ns = {values[i], 0, -1, 1e300};
        lines += to_json_line(record) + "\n";
      }
    }
    write(lines);
    model::Session session;
    QVERIFY(session.runs.load({path()}).isEmpty());
    QCOMPARE(session.runs.runs().front().run.records.size(), 36u);
    model::ViewOptions options;
    for (const bool linear : {false, true}) {
      options.linear_y = linear;
      options.samples = true;
      options.x_scale = linear ? plot::Scale::linear : plot::Scale::log2;
      session.view.set_options(options);
      draw_every_view(session);
    }
    const plot::PlotScene scene = model::build_tradeoff(session.view_input(), {});
    QVERIFY2(scene.caption.contains("not drawable"), qPrintable(scene.caption));
  }
};

ATTNSCOPE_GUI_TEST(TestFuzz)
#include "test_fuzz.moc"
