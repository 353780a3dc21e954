#include "gui/model/run_watcher.h"

#include <algorithm>

namespace attnscope::gui::model {
namespace {

constexpr int shortest_interval_ms = 100;
constexpr int poll_interval_ms = 2000;

}  // namespace

RunWatcher::RunWatcher(QThreadPool& worker, QObject* parent)
    : QObject(parent), worker_(worker), interval_ms_(shortest_interval_ms) {
  tick_.setSingleShot(true);
  connect(&tick_, &QTimer::timeout, this, &RunWatcher::look);
  connect(&poll_, &QTimer::timeout, this, &RunWatcher::look_soon);
  connect(&system_, &QFileSystemWatcher::fileChanged, this, &RunWatcher::look_soon);
  since_look_.start();
}

RunWatcher::~RunWatcher() { worker_.waitForDone(); }

void RunWatcher::watch(int run, const QString& path, std::shared_ptr<reports::JsonlReader> reader) {
  watched_[run] = {path, std::move(reader)};
  system_.addPath(path);
  poll_.start(poll_interval_ms);
}

void RunWatcher::forget_all() {
  watched_.clear();
  if (!system_.files().isEmpty()) system_.removePaths(system_.files());
  poll_.stop();
  tick_.stop();
}

void RunWatcher::set_interval(int milliseconds) { interval_ms_ = std::max(milliseconds, shortest_interval_ms); }

void RunWatcher::look_soon() {
  if (is_looking_) {
    look_again_ = true;
  } else if (!tick_.isActive()) {
    tick_.start(static_cast<int>(std::max<qint64>(0, interval_ms_ - since_look_.elapsed())));
  }
}

void RunWatcher::look() {
  since_look_.restart();
  is_looking_ = true;
  worker_.start([this, watched = watched_] {
    auto all = std::make_shared<std::vector<RunNews>>();
    for (const auto& [run, file] : watched) {
      FileNews news = read_news(*file.reader, file.path);
      using Change = reports::JsonlReader::Change;
      const bool has_content = news.change == Change::appended || news.change == Change::replaced;
      if (has_content || !news.problems.isEmpty()) all->push_back({run, file.reader, std::move(news)});
    }
    QMetaObject::invokeMethod(
        this, [this, all] { deliver(all); }, Qt::QueuedConnection);
  });
}

void RunWatcher::deliver(const std::shared_ptr<std::vector<RunNews>>& news) {
  is_looking_ = false;
  // A file that was replaced is another one to the system.
  for (const auto& [run, file] : watched_) {
    if (!system_.files().contains(file.path)) system_.addPath(file.path);
  }
  if (!news->empty()) emit changed(news);
  if (std::exchange(look_again_, false)) look_soon();
}

}  // namespace attnscope::gui::model
