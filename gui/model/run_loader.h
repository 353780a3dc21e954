// Reads runs in a worker thread: the window stays alive however large the files are, and however slow their disk.
#pragma once

#include <QObject>
#include <QThreadPool>
#include <atomic>
#include <memory>
#include <mutex>

#include "gui/model/run_reading.h"

namespace attnscope::gui::model {

class RunLoader : public QObject {
  Q_OBJECT

 public:
  explicit RunLoader(QObject* parent = nullptr);
  ~RunLoader() override;  // stops reading

  // After what was started before.
  void start(const QStringList& paths);
  // Stops reading; nothing of what was started is delivered any more.
  void cancel();
  bool is_busy() const { return pending_ > 0; }
  // Waits until all is read, for at most that long, and delivers what is.
  void wait(int milliseconds);

  // Where files are read; one thread, so that no reader is used by two.
  QThreadPool& worker() { return worker_; }

 signals:
  void progressed(double share);  // of the paths of one start(); at most ten times a second
  // Once for each start(); nullptr when it was cancelled.
  void finished(const std::shared_ptr<attnscope::gui::model::ReadFiles>& result);

 private:
  struct Job {
    int generation;
    std::shared_ptr<ReadFiles> result;  // nullptr when it was stopped
  };
  void deliver();

  QThreadPool worker_;
  std::shared_ptr<std::atomic<bool>> stop_;  // of the current generation
  int generation_ = 0;
  int pending_ = 0;
  std::mutex guard_;  // of done_, the one thing that both threads touch
  std::vector<Job> done_;
};

}  // namespace attnscope::gui::model
