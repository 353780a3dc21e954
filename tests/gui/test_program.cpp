// The built program from end to end: figures and window pictures without a display.
#include <QFile>
#include <QImage>
#include <QObject>
#include <QProcess>
#include <QProcessEnvironment>
#include <QTemporaryDir>
#include <QTest>

#include "reports/csv.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/synthetic_runs.h"

using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_records;
using attnscope::gui::testing::write_run;

namespace {

struct Outcome {
  int exit_code;
  QString out, err;
};

}  // namespace

class TestProgram : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  QString file(const char* name) const { return folder_.filePath(QLatin1String(name)); }
  QString run_file() const { return file("run.jsonl"); }
  QByteArray bytes_of(const QString& path) {
    QFile opened(path);
    return opened.open(QIODevice::ReadOnly) ? opened.readAll() : QByteArray();
  }
  void write(const QString& path, const QByteArray& bytes) {
    QFile opened(path);
    QVERIFY(opened.open(QIODevice::WriteOnly));
    opened.write(bytes);
  }
  // Neither display nor platform is given: the program has to manage by itself.
  Outcome start(const QStringList& arguments) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}) environment.remove(QLatin1String(name));
    environment.insert("XDG_CONFIG_HOME", folder_.path());
    environment.insert("XDG_RUNTIME_DIR", folder_.path());
    process.setProcessEnvironment(environment);
    process.start(QStringLiteral(ATTNSCOPE_GUI_PROGRAM), arguments);
    if (!process.waitForFinished(60000) || process.exitStatus() != QProcess::NormalExit)
      return {-1, {}, process.errorString()};
    return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
  }

 private slots:
  void initTestCase() { write_run(run_file(), synthetic_records(six_variants(), {"forward", "training"})); }

  void renders_every_format_and_metric() {
    for (const char* metric : {"time", "memory", "flops", "bytes", "tokens"}) {
      for (const char* suffix : {"svg", "png", "pdf", "csv"}) {
        const QString path = file((QByteArray(metric) + "." + suffix).constData());
        const Outcome outcome = start({"--render", "tradeoff", "--metric", metric, "-o", path, run_file()});
        QVERIFY2(outcome.exit_code == 0, qPrintable(outcome.err));
        QVERIFY2(outcome.out.isEmpty() && outcome.err.isEmpty(), qPrintable(outcome.out + outcome.err));
        QVERIFY(QFileInfo(path).size() > 2000);
      }
    }
    QVERIFY(bytes_of(file("time.svg")).contains("n^2.00"));
    QCOMPARE(QImage(file("time.png")).size(), QSize(1800, 1200));
    QCOMPARE(attnscope::reports::read_csv(file("time.csv").toStdString()).size(), 84u);
  }

  void palettes_color_figures() {
    for (const auto& [palette, color] :
         {std::pair("default", "#12396a"), std::pair("okabe-ito", "#0072b2"), std::pair("tol-bright", "#4477aa")}) {
      const Outcome outcome =
          start({"--render", "tradeoff", "--palette", palette, "-o", file("colors.svg"), run_file()});
      QCOMPARE(outcome.exit_code, 0);
      QVERIFY2(bytes_of(file("colors.svg")).contains(color), palette);
    }
    QCOMPARE(start({"--render", "tradeoff", "--palette", "rainbow", "-o", file("x.svg"), run_file()}).exit_code, 2);
  }

  void filter_and_size() {
    const Outcome outcome = start({"--render", "tradeoff", "--filter", "variant:flash mode:forward", "--size",
                                   "400x300", "-o", file("flash.svg"), run_file()});
    QCOMPARE(outcome.exit_code, 0);
    const QByteArray svg = bytes_of(file("flash.svg"));
    QVERIFY(svg.contains("viewBox=\"0 0 400 300\"") && svg.contains("flash") && !svg.contains("softmax"));
  }

  void all_views_with_a_footer() {
    const Outcome outcome = start({"--render", "all", "--footer", "-o", file("every.svg"), run_file()});
    QVERIFY2(outcome.exit_code == 0, qPrintable(outcome.err));
    const QStringList views = QString(start({"--list-views"}).out).split('\n', Qt::SkipEmptyParts);
    QVERIFY(views.size() >= 3);
    int written = 0;
    for (const QString& view : views) {
      const QString id = view.section(' ', 0, 0);
      const QString path = folder_.filePath("every-" + id + ".svg");
      if (!QFile::exists(path)) {
        QVERIFY2(outcome.err.contains(id + ": nothing to draw"), qPrintable(id));
        continue;
      }
      ++written;
      QVERIFY2(bytes_of(path).contains("attnscope"), qPrintable(id));
    }
    QVERIFY(written >= 3);
    QVERIFY(!QFile::exists(file("every.svg")));
  }

  void a_workspace_is_drawn() {
    write(file("study.attnscope"),
          R"({"attnscope_workspace": 1, "runs": [{"path": "run.jsonl"}], "filter": {"text": "variant:linformer"},
              "view": "tradeoff", "options": {"metric": "memory"}})");
    const Outcome outcome =
        start({"--render", "tradeoff", "--workspace", file("study.attnscope"), "-o", file("study.svg")});
    QVERIFY2(outcome.exit_code == 0, qPrintable(outcome.err));
    const QByteArray svg = bytes_of(file("study.svg"));
    QVERIFY(svg.contains("linformer") && svg.contains("memory") && !svg.contains("softmax"));
    QCOMPARE(start({"--render", "tradeoff", "--workspace", file("no.attnscope"), "-o", file("a.svg")}).exit_code, 2);
  }

  void view_and_selection_of_the_window() {
    const Outcome plain = start({"--screenshot", file("plain.png"), run_file()});
    const Outcome chosen =
        start({"--screenshot", file("chosen.png"), "--view", "compare", "--select", "linformer@4k", run_file()});
    QVERIFY2(plain.exit_code == 0 && chosen.exit_code == 0, qPrintable(chosen.err));
    QVERIFY(QImage(file("plain.png")) != QImage(file("chosen.png")));
    const Outcome missing = start({"--screenshot", file("c.png"), "--select", "linformer@5k", run_file()});
    QCOMPARE(missing.exit_code, 2);
    QVERIFY(missing.err.contains("linformer@5k"));
  }

  void completion_goes_to_stdout() {
    QVERIFY(start({"--completion", "bash"}).out.contains("complete -o default"));
    QCOMPARE(start({"--completion", "cmd"}).exit_code, 2);
  }

  void truncated_run_is_drawn_and_reported() {
    const QByteArray whole = bytes_of(run_file());
    write(file("cut.jsonl"), whole.left(whole.size() - 200));
    const Outcome outcome = start({"--render", "tradeoff", "-o", file("cut.svg"), file("cut.jsonl")});
    QCOMPARE(outcome.exit_code, 0);
    QVERIFY2(outcome.err.contains("cut.jsonl:85: "), qPrintable(outcome.err));
  }

  void csv_in_place_of_jsonl_is_refused() {
    write(file("table.csv"), "variant,seq_q,time_median_ns\nsoftmax,256,1000\n");
    const Outcome outcome = start({"--render", "tradeoff", "-o", file("csv.svg"), file("table.csv")});
    QCOMPARE(outcome.exit_code, 2);
    QVERIFY2(outcome.err.contains("table.csv") && outcome.err.contains("JSON"), qPrintable(outcome.err));
    QVERIFY(!QFile::exists(file("csv.svg")));
  }

  void usage_errors_are_2() {
    const Outcome metric = start({"--render", "tradeoff", "--metric", "memroy", "-o", file("a.svg"), run_file()});
    QCOMPARE(metric.exit_code, 2);
    QVERIFY(metric.err.contains("did you mean 'memory'?"));
    const Outcome filter =
        start({"--render", "tradeoff", "--filter", "varaint:flash", "-o", file("a.svg"), run_file()});
    QCOMPARE(filter.exit_code, 2);
    QVERIFY2(filter.err.contains("variant"), qPrintable(filter.err));
    QCOMPARE(start({"--render", "tradeoff", "-o", file("a.svg"), file("missing.jsonl")}).exit_code, 2);
    QCOMPARE(start({"--render", "tradeoff", "-o", file("no/such/a.svg"), run_file()}).exit_code, 2);
  }

  void nothing_to_draw_is_6() {
    const Outcome outcome =
        start({"--render", "tradeoff", "--filter", "variant:reformer", "-o", file("none.svg"), run_file()});
    QCOMPARE(outcome.exit_code, 6);
    QVERIFY2(outcome.err.contains("variant:reformer"), qPrintable(outcome.err));
    QVERIFY(!QFile::exists(file("none.svg")));
  }

  void screenshot_shows_the_window() {
    QVERIFY2(start({"--screenshot", file("light.png"), run_file()}).exit_code == 0, "light");
    const Outcome dark = start(
        {"--screenshot", file("dark.png"), "--theme", "dark", "--size", "1000x700", "--metric", "memory", run_file()});
    QCOMPARE(dark.exit_code, 0);
    const QImage light_image(file("light.png")), dark_image(file("dark.png"));
    QCOMPARE(light_image.size(), QSize(1280, 820));
    QCOMPARE(dark_image.size(), QSize(1000, 700));
    QVERIFY(light_image.pixelColor(640, 5).lightness() > 200);
    QVERIFY(dark_image.pixelColor(640, 5).lightness() < 80);
  }

  void help_and_version_go_to_stdout() {
    const Outcome help = start({"--help"});
    QCOMPARE(help.exit_code, 0);
    QVERIFY(help.out.startsWith("Usage: attnscope-gui") && help.err.isEmpty());
    QVERIFY(start({"--version"}).out.startsWith("attnscope-gui "));
  }
};

ATTNSCOPE_GUI_TEST(TestProgram)
#include "test_program.moc"
