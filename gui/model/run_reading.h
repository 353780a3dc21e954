// Reading files and folders of results: what RunStore does at once or in a worker. Knows no window and no thread.
#pragma once

#include <QList>
#include <QString>
#include <QStringList>
#include <functional>
#include <memory>
#include <vector>

#include "gui/model/load_problem.h"
#include "reports/jsonl_reader.h"

namespace attnscope::gui::model {

// A file that was read, and the reader that follows it as it grows.
struct ReadFile {
  QString path;  // absolute
  std::shared_ptr<reports::JsonlReader> reader;
  reports::Run run;
};

struct ReadFiles {
  std::vector<ReadFile> files;
  QList<LoadProblem> problems;
};

// Told which share (0 to 1) is read; returning false stops the reading.
using LoadProgress = std::function<bool(double share)>;

// Files, and folders (searched for *.jsonl). What cannot be read becomes a problem. Throws reports::ReadStopped.
ReadFiles read_files(const QStringList& paths, const LoadProgress& progress = {});

// What happened to a file since it was read.
struct FileNews {
  reports::JsonlReader::Change change = reports::JsonlReader::Change::none;
  reports::Run run;  // appended: what is new; replaced: everything
  QList<LoadProblem> problems;
};
FileNews read_news(reports::JsonlReader& reader, const QString& path);

}  // namespace attnscope::gui::model
