#include "gui/model/run_store.h"

#include <QDir>
#include <QDirIterator>
#include <QFileInfo>
#include <algorithm>

namespace attnscope::gui::model {
namespace {

QStringList result_files_in(const QString& folder) {
  QStringList files;
  QDirIterator entries(folder, {QStringLiteral("*.jsonl")}, QDir::Files | QDir::Readable, QDirIterator::Subdirectories);
  while (entries.hasNext()) files << entries.next();
  files.sort();
  return files;
}

// FileError texts start with the path; the message bar shows the path itself.
QString without_path(QString message, const QString& path) {
  if (message.startsWith(path)) message.remove(0, path.size());
  while (message.startsWith(QLatin1Char(':')) || message.startsWith(QLatin1Char(' '))) message.remove(0, 1);
  return message;
}

}  // namespace

QString LoadProblem::text() const {
  return line > 0 ? QStringLiteral("%1:%2: %3").arg(path).arg(line).arg(message)
                  : QStringLiteral("%1: %2").arg(path, message);
}

QList<LoadProblem> RunStore::load(const QStringList& paths) {
  QList<LoadProblem> problems;
  for (const QString& path : paths) {
    if (!QFileInfo(path).isDir()) {
      load_file(path, problems);
      continue;
    }
    const QStringList files = result_files_in(path);
    if (files.isEmpty()) {
      problems << LoadProblem{
          path, 0, tr("the folder holds no .jsonl file; expected results written by `attnscope run -o FILE.jsonl`"),
          true};
    }
    for (const QString& file : files) load_file(file, problems);
  }
  name_runs();
  emit runs_changed();
  if (!problems.isEmpty()) emit problems_found(problems);
  return problems;
}

void RunStore::load_file(const QString& path, QList<LoadProblem>& problems) {
  reports::LoadedRun loaded;
  try {
    loaded = reports::load_jsonl(path.toStdString());
  } catch (const reports::FileError& error) {
    problems << LoadProblem{path, 0, without_path(QString::fromStdString(error.what()), path), true};
    return;
  }
  for (const reports::ReadIssue& issue : loaded.issues) {
    problems << LoadProblem{path, static_cast<int>(issue.line), QString::fromStdString(issue.message), false};
  }
  const QString absolute = QFileInfo(path).absoluteFilePath();
  const auto same =
      std::find_if(runs_.begin(), runs_.end(), [&](const LoadedRun& run) { return run.path == absolute; });
  if (same != runs_.end()) {
    same->run = std::move(loaded.run);
  } else {
    runs_.push_back({next_id_++, absolute, {}, std::move(loaded.run)});
  }
}

void RunStore::name_runs() {
  for (LoadedRun& run : runs_) run.name = QFileInfo(run.path).completeBaseName();
  // Equal file names are told apart by their folders.
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const QString base = QFileInfo(runs_[i].path).completeBaseName();
    const bool shared = std::any_of(runs_.begin(), runs_.end(), [&](const LoadedRun& other) {
      return &other != &runs_[i] && QFileInfo(other.path).completeBaseName() == base;
    });
    if (shared) runs_[i].name = QFileInfo(runs_[i].path).dir().dirName() + QLatin1Char('/') + base;
    const auto taken = std::count_if(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(i),
                                     [&](const LoadedRun& other) { return other.name == runs_[i].name; });
    if (taken > 0) runs_[i].name += QStringLiteral(" (%1)").arg(taken + 1);
  }
}

void RunStore::close_all() {
  runs_.clear();
  emit runs_changed();
}

const LoadedRun* RunStore::find_run(int id) const {
  const auto found = std::find_if(runs_.begin(), runs_.end(), [&](const LoadedRun& run) { return run.id == id; });
  return found == runs_.end() ? nullptr : &*found;
}

const reports::Record* RunStore::find_record(PointKey key) const {
  const LoadedRun* run = find_run(key.run);
  if (!run || key.record < 0 || static_cast<std::size_t>(key.record) >= run->run.records.size()) return nullptr;
  return &run->run.records[static_cast<std::size_t>(key.record)];
}

}  // namespace attnscope::gui::model
