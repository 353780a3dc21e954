// attnscope-gui-bench: what the viewer takes for the things it must be quick at, beside what it may take.
//
//   attnscope-gui-bench [--repeat N]
//
// Makes its own runs in a temporary folder. Prints medians; asserts nothing, because machines differ.
#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QProcess>
#include <QSettings>
#include <QTemporaryDir>
#include <algorithm>
#include <cstdio>
#include <vector>

#include "gui/bench/drawing_bench.h"
#include "gui/bench/large_run.h"
#include "gui/bench/loading_bench.h"
#include "gui/model/session.h"
#include "gui/plot/fonts.h"
#include "gui/widgets/file_chooser.h"
#include "gui/widgets/main_window.h"

namespace attnscope::gui::bench {
namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print(const char* what, const char* unit, double measured, double budget) {
  std::printf("%-52s %9.1f %-4s of %6.0f %-4s %5.0f %%\n", what, measured, unit, budget, unit, 100 * measured / budget);
  std::fflush(stdout);
}

void measure_first_paint(const QString& path, QSettings& settings, int repeat) {
  widgets::DialogFileChooser files;
  std::vector<double> times;
  for (int i = 0; i < repeat; ++i) {
    QElapsedTimer clock;
    clock.start();
    model::Session session;
    widgets::MainWindow window(session, files, settings);
    session.runs.load({path});
    window.show();
    window.grab();
    times.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
  }
  print("first paint, 1,000 cases", "ms", median(times), 150);
}

void measure_large_run(const QString& path, QSettings& settings, int repeat) {
  widgets::DialogFileChooser files;
  model::Session session;
  widgets::MainWindow window(session, files, settings);
  window.show();
  std::vector<double> read, loaded, frozen;
  for (int i = 0; i < repeat; ++i) {
    const LoadingTimes times = measure_loading(session.runs, path);
    read.push_back(times.read_ms);
    loaded.push_back(times.loaded_ms);
    frozen.push_back(times.longest_freeze_ms);
  }
  print("reading 20,000 cases x 30 samples", "ms", median(read), 500);
  print("until every view shows them", "ms", median(loaded), 500);
  print("longest freeze of the window meanwhile", "ms", median(frozen), 100);
}

// In a process of its own: what else the bench has done leaves free memory behind that is still resident.
int print_memory_with(const QString& path, QSettings& settings) {
  widgets::DialogFileChooser files;
  model::Session session;
  widgets::MainWindow window(session, files, settings);
  window.show();
  measure_opening(session.runs, path);
  std::printf("%.1f\n", resident_mebibytes());
  return 0;
}

void measure_memory(const QString& path) {
  QProcess process;
  process.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--memory-with"), path});
  process.waitForFinished(-1);
  print("resident memory with that run open", "MB", process.readAllStandardOutput().toDouble() * 1.048576, 120);
}

void measure_plots(int repeat) {
  const DrawingTimes times = measure_drawing(repeat);
  print("hover frame, 60 series x 20 points with bands", "ms", times.hover_ms, 2);
  print("zoom step during the gesture, lines only", "ms", times.gesture_ms, 60);
  print("zoom step with bands", "ms", times.zoom_ms, 60);
  print("the same at two device pixels a pixel", "ms", times.sharp_ms, 120);
  print("scatter of 100,000 points", "ms", times.scatter_ms, 60);
}

int run(QApplication& application) {
  QCommandLineParser parser;
  parser.addHelpOption();
  const QCommandLineOption repetitions(QStringLiteral("repeat"), QStringLiteral("repetitions of each"),
                                       QStringLiteral("N"), QStringLiteral("5"));
  const QCommandLineOption memory(QStringLiteral("memory-with"),
                                  QStringLiteral("only print the resident MiB of a window with FILE open"),
                                  QStringLiteral("FILE"));
  parser.addOptions({repetitions, memory});
  parser.process(application);
  const int repeat = std::max(1, parser.value(repetitions).toInt());
  plot::use_bundled_font();
  const QTemporaryDir folder;
  QSettings settings(folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
  if (parser.isSet(memory)) return print_memory_with(parser.value(memory), settings);
  const QString thousand = folder.filePath(QStringLiteral("thousand.jsonl"));
  const QString large = folder.filePath(QStringLiteral("large.jsonl"));
  write_large_run(thousand, 1000, 30);
  write_large_run(large, 20'000, 30);
  measure_first_paint(thousand, settings, repeat);
  measure_large_run(large, settings, repeat);
  measure_memory(large);
  measure_plots(repeat);
  return 0;
}

}  // namespace
}  // namespace attnscope::gui::bench

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  return attnscope::gui::bench::run(application);
}
