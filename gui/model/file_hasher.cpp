#include "gui/model/file_hasher.h"

#include <QCryptographicHash>
#include <QFile>
#include <QThreadPool>
#include <atomic>
#include <mutex>
#include <utility>

namespace attnscope::gui::model {
namespace {

constexpr qint64 piece_bytes = 1 << 20;
// So long may a start hold up the window. Most files are done by then.
constexpr int head_start_ms = 20;

QByteArray file_hash(const QString& path, const std::function<bool()>& stop) {
  QFile file(path);
  QCryptographicHash hash(QCryptographicHash::Sha256);
  if (!file.open(QIODevice::ReadOnly)) return {};
  while (!file.atEnd()) {
    if (stop && stop()) return {};
    const QByteArray piece = file.read(piece_bytes);
    if (piece.isEmpty()) return {};  // it could be opened, but not read
    hash.addData(piece);
  }
  return hash.result().toHex();
}

}  // namespace

FileHashes file_hashes(const QStringList& paths, const std::function<bool()>& stop) {
  FileHashes hashes;
  for (const QString& path : paths) hashes.insert(path, file_hash(path, stop));
  return hashes;
}

struct FileHasher::Job {
  Receiver receive;
  std::atomic<bool> stopped = false, done = false;
  FileHashes hashes;  // the worker's until done
  std::mutex guard;
  FileHasher* owner = nullptr;  // under guard; nullptr: cancelled, and perhaps gone
};

FileHasher::FileHasher(QThreadPool& worker, QObject* parent) : QObject(parent), worker_(worker) {}

FileHasher::~FileHasher() { cancel(); }

void FileHasher::start(const QStringList& paths, Receiver receive) {
  const auto job = std::make_shared<Job>();
  job->receive = std::move(receive);
  job->owner = this;
  jobs_ << job;
  worker_.start([job, paths] {
    job->hashes = file_hashes(paths, [&] { return job->stopped.load(); });
    const std::lock_guard lock(job->guard);
    job->done = true;
    if (job->owner) QMetaObject::invokeMethod(job->owner, &FileHasher::deliver, Qt::QueuedConnection);
  });
  worker_.waitForDone(head_start_ms);
  deliver();
}

void FileHasher::cancel() {
  for (const auto& job : std::as_const(jobs_)) {
    job->stopped = true;
    const std::lock_guard lock(job->guard);
    job->owner = nullptr;
  }
  jobs_.clear();
}

void FileHasher::wait() {
  worker_.waitForDone();
  deliver();
}

void FileHasher::deliver() {
  // A receiver may start or cancel others.
  while (!jobs_.isEmpty() && jobs_.front()->done) {
    const auto job = jobs_.takeFirst();
    job->receive(job->hashes);
  }
}

}  // namespace attnscope::gui::model
