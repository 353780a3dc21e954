#include "gui/model/run_reading.h"

#include <QCoreApplication>
#include <QDir>
#include <QDirIterator>
#include <QFileInfo>
#include <exception>

namespace attnscope::gui::model {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(RunStore)
};

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

QList<LoadProblem> problems_of(const std::vector<reports::ReadIssue>& issues, const QString& path) {
  QList<LoadProblem> problems;
  for (const reports::ReadIssue& issue : issues)
    problems << LoadProblem{path, static_cast<int>(issue.line), QString::fromStdString(issue.message), false};
  return problems;
}

// The named files and those in the named folders.
QStringList expanded(const QStringList& paths, QList<LoadProblem>& problems) {
  QStringList files;
  for (const QString& path : paths) {
    if (!QFileInfo(path).isDir()) {
      files << path;
      continue;
    }
    const QStringList found = result_files_in(path);
    if (found.isEmpty()) {
      problems << LoadProblem{
          path, 0,
          Words::tr("the folder holds no .jsonl file; expected results written by `attnscope run -o FILE.jsonl`"),
          true};
    }
    files << found;
  }
  return files;
}

// A pipe or a device might keep the reader waiting for ever.
bool is_unreadable_kind(const QFileInfo& info) { return info.exists() && !info.isFile(); }

}  // namespace

QString LoadProblem::text() const {
  return line > 0 ? QStringLiteral("%1:%2: %3").arg(path).arg(line).arg(message)
                  : QStringLiteral("%1: %2").arg(path, message);
}

ReadFiles read_files(const QStringList& paths, const LoadProgress& progress) {
  ReadFiles result;
  const QStringList files = expanded(paths, result.problems);
  for (qsizetype i = 0; i < files.size(); ++i) {
    const QString& path = files.at(i);
    const auto report = [&](std::uint64_t read, std::uint64_t all) {
      const double share = all == 0 ? 1 : static_cast<double>(read) / static_cast<double>(all);
      return !progress || progress((static_cast<double>(i) + share) / static_cast<double>(files.size()));
    };
    const QFileInfo info(path);
    if (is_unreadable_kind(info)) {
      result.problems << LoadProblem{path, 0, Words::tr("is a pipe or a device; expected a file of results"), true};
      continue;
    }
    try {
      auto reader = std::make_shared<reports::JsonlReader>(path.toStdString());
      reports::LoadedRun loaded = reader->read_all(report);
      result.problems << problems_of(loaded.issues, path);
      result.files.push_back({info.absoluteFilePath(), std::move(reader), std::move(loaded.run)});
    } catch (const reports::ReadStopped&) {
      throw;
    } catch (const std::exception& error) {  // FileError; bad_alloc for a file that is larger than the memory
      result.problems << LoadProblem{path, 0, without_path(QString::fromStdString(error.what()), path), true};
    }
  }
  return result;
}

FileNews read_news(reports::JsonlReader& reader, const QString& path) {
  using Change = reports::JsonlReader::Change;
  FileNews news;
  try {
    news.change = reader.look();
    if (news.change == Change::none || news.change == Change::gone) return news;
    reports::LoadedRun loaded = news.change == Change::appended ? reader.read_appended() : reader.read_all();
    news.problems = problems_of(loaded.issues, path);
    news.run = std::move(loaded.run);
    const bool is_empty = news.run.records.empty() && news.run.environments.empty() && news.run.references.empty();
    if (news.change == Change::appended && is_empty) news.change = Change::none;  // a part of a line
  } catch (const std::exception& error) {
    // What was read before stays; the next look tries again.
    news.change = Change::none;
    news.problems << LoadProblem{path, 0, without_path(QString::fromStdString(error.what()), path), false};
  }
  return news;
}

}  // namespace attnscope::gui::model
