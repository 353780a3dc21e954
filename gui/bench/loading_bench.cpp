#include "gui/bench/loading_bench.h"

#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QTimer>
#include <algorithm>
#include <unistd.h>

#include "gui/model/run_reading.h"

namespace attnscope::gui::bench {
namespace {

double milliseconds(const QElapsedTimer& clock) { return static_cast<double>(clock.nsecsElapsed()) / 1e6; }

}  // namespace

LoadingTimes measure_loading(model::RunStore& runs, const QString& path) {
  runs.close_all();
  QElapsedTimer clock;
  clock.start();
  model::read_files({path});
  const double read_ms = milliseconds(clock);
  LoadingTimes times = measure_opening(runs, path);
  times.read_ms = read_ms;
  return times;
}

LoadingTimes measure_opening(model::RunStore& runs, const QString& path) {
  LoadingTimes times;
  QElapsedTimer clock;
  QEventLoop loop;
  QTimer heart;
  QElapsedTimer since_beat;
  const auto beat = [&] {
    times.longest_freeze_ms = std::max(times.longest_freeze_ms, milliseconds(since_beat));
    since_beat.restart();
  };
  QObject::connect(&heart, &QTimer::timeout, &loop, beat);
  // Two turns later everything that the news set off has been painted.
  const auto connection = QObject::connect(&runs, &model::RunStore::loading_finished, &loop, [&] {
    times.loaded_ms = milliseconds(clock);
    QTimer::singleShot(0, &loop, [&] { QTimer::singleShot(0, &loop, &QEventLoop::quit); });
  });
  heart.start(1);
  clock.start();
  since_beat.start();
  runs.load_later({path});
  loop.exec();
  beat();
  QObject::disconnect(connection);
  return times;
}

double resident_mebibytes() {
  QFile file(QStringLiteral("/proc/self/statm"));
  if (!file.open(QIODevice::ReadOnly)) return 0;
  const double pages = file.readAll().split(' ').value(1).toDouble();
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

}  // namespace attnscope::gui::bench
