#include "gui/model/recent_files.h"

#include <QDir>
#include <QFileInfo>
#include <algorithm>

#include "reports/data_directories.h"

namespace attnscope::gui::model {

QStringList with_recent(const QStringList& recent, const QString& path) {
  const QString absolute = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
  QStringList result = recent;
  result.removeAll(absolute);
  result.prepend(absolute);
  return result.mid(0, recent_files_limit);
}

QStringList existing_recent(const QStringList& recent) {
  QStringList result;
  std::copy_if(recent.begin(), recent.end(), std::back_inserter(result),
               [](const QString& path) { return QFileInfo::exists(path); });
  return result;
}

QString example_run() {
  for (const std::filesystem::path& directory : reports::data_directories()) {
    const QDir samples(QString::fromStdString((directory / "samples").string()));
    const QStringList runs = samples.entryList({QStringLiteral("*.jsonl")}, QDir::Files, QDir::Name);
    if (!runs.isEmpty()) return samples.absoluteFilePath(runs.front());
  }
  return {};
}

}  // namespace attnscope::gui::model
