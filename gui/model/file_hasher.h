// Hashes of files, taken in a worker thread: the window stays alive however large the files are.
#pragma once

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QObject>
#include <QStringList>
#include <functional>
#include <memory>

class QThreadPool;

namespace attnscope::gui::model {

// SHA-256 in hexadecimal by path; "" of a file that could not be read.
using FileHashes = QHash<QString, QByteArray>;

// At once. Ends early, between two pieces of a file, when `stop` says so; what is left is "" then.
FileHashes file_hashes(const QStringList& paths, const std::function<bool()>& stop = {});

class FileHasher : public QObject {
  Q_OBJECT

 public:
  using Receiver = std::function<void(const FileHashes&)>;

  // The pool outlives the hasher.
  explicit FileHasher(QThreadPool& worker, QObject* parent = nullptr);
  ~FileHasher() override;  // cancels

  // After what the worker has to do already. `receive` is called in this object's thread: of small files before this
  // returns, else from its event loop.
  void start(const QStringList& paths, Receiver receive);
  bool is_busy() const { return !jobs_.isEmpty(); }
  // Nothing of what was started arrives any more.
  void cancel();
  // Until all that was started has arrived.
  void wait();

 private:
  struct Job;
  void deliver();

  QThreadPool& worker_;
  QList<std::shared_ptr<Job>> jobs_;
};

}  // namespace attnscope::gui::model
