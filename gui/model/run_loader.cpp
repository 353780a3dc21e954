#include "gui/model/run_loader.h"

#include <QElapsedTimer>
#include <utility>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace attnscope::gui::model {
namespace {

constexpr qint64 progress_interval_ms = 100;

// What reading took for a while goes back to the system; the allocator would keep it for a next time that may not come.
void release_free_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace

RunLoader::RunLoader(QObject* parent) : QObject(parent), stop_(std::make_shared<std::atomic<bool>>(false)) {
  worker_.setMaxThreadCount(1);
}

RunLoader::~RunLoader() {
  stop_->store(true);
  worker_.clear();
  worker_.waitForDone();
}

void RunLoader::start(const QStringList& paths) {
  ++pending_;
  worker_.start([this, paths, generation = generation_, stop = stop_] {
    QElapsedTimer since_progress;
    since_progress.start();
    const auto progress = [&](double share) {
      if (since_progress.elapsed() >= progress_interval_ms) {
        since_progress.restart();
        QMetaObject::invokeMethod(
            this,
            [this, generation, share] {
              if (generation == generation_) emit progressed(share);
            },
            Qt::QueuedConnection);
      }
      return !stop->load();
    };
    Job job{generation, nullptr};
    try {
      if (!stop->load()) job.result = std::make_shared<ReadFiles>(read_files(paths, progress));
    } catch (const reports::ReadStopped&) {
      // Nothing is delivered.
    }
    release_free_memory();
    {
      const std::lock_guard lock(guard_);
      done_.push_back(std::move(job));
    }
    QMetaObject::invokeMethod(this, &RunLoader::deliver, Qt::QueuedConnection);
  });
}

void RunLoader::cancel() {
  stop_->store(true);
  stop_ = std::make_shared<std::atomic<bool>>(false);
  ++generation_;
}

void RunLoader::wait(int milliseconds) {
  worker_.waitForDone(milliseconds);
  deliver();
}

void RunLoader::deliver() {
  std::vector<Job> jobs;
  {
    const std::lock_guard lock(guard_);
    jobs = std::exchange(done_, {});
  }
  for (const Job& job : jobs) {
    --pending_;
    emit finished(job.generation == generation_ ? job.result : nullptr);
  }
}

}  // namespace attnscope::gui::model
