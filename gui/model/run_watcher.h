// Follows files that grow while a run is written, here or elsewhere. Looks when the system says that a file changed,
// and every two seconds for file systems that say nothing.
#pragma once

#include <QElapsedTimer>
#include <QFileSystemWatcher>
#include <QObject>
#include <QThreadPool>
#include <QTimer>
#include <map>
#include <memory>

#include "gui/model/run_reading.h"

namespace attnscope::gui::model {

struct RunNews {
  int run;  // LoadedRun::id
  std::shared_ptr<reports::JsonlReader> reader;
  FileNews news;
};

class RunWatcher : public QObject {
  Q_OBJECT

 public:
  // Looks in `worker`, which outlives the jobs: the destructor waits for them.
  explicit RunWatcher(QThreadPool& worker, QObject* parent = nullptr);
  ~RunWatcher() override;

  // Follows the file from where the reader is.
  void watch(int run, const QString& path, std::shared_ptr<reports::JsonlReader> reader);
  void forget_all();
  void look_soon();
  // Time between two looks at least; 100 ms until told otherwise, and never less.
  void set_interval(int milliseconds);

 signals:
  void changed(const std::shared_ptr<std::vector<attnscope::gui::model::RunNews>>& news);

 private:
  struct Watched {
    QString path;
    std::shared_ptr<reports::JsonlReader> reader;
  };
  void look();
  void deliver(const std::shared_ptr<std::vector<RunNews>>& news);

  QThreadPool& worker_;
  std::map<int, Watched> watched_;
  QFileSystemWatcher system_;
  QTimer poll_, tick_;
  QElapsedTimer since_look_;
  int interval_ms_;
  bool is_looking_ = false, look_again_ = false;
};

}  // namespace attnscope::gui::model
