#include "gui/widgets/file_chooser.h"

#include <QCoreApplication>
#include <QFileDialog>
#include <QFileInfo>

namespace attnscope::gui::widgets {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(FileChooser)
};

}  // namespace

QStringList DialogFileChooser::runs_to_open(QWidget* parent) {
  return QFileDialog::getOpenFileNames(parent, Words::tr("Open runs"), {},
                                       Words::tr("attnscope runs and workspaces (*.jsonl *.attnscope);;All files (*)"));
}

QString DialogFileChooser::folder_to_open(QWidget* parent) {
  return QFileDialog::getExistingDirectory(parent, Words::tr("Open all runs of a folder"));
}

QString DialogFileChooser::file_to_save(QWidget* parent, const QString& suggested_name, const QStringList& suffixes) {
  QStringList filters;
  for (const QString& suffix : suffixes) filters << QStringLiteral("%1 (*.%2)").arg(suffix.toUpper(), suffix);
  QString chosen_filter;
  QString path = QFileDialog::getSaveFileName(parent, Words::tr("Export"), suggested_name,
                                              filters.join(QStringLiteral(";;")), &chosen_filter);
  if (path.isEmpty() || !QFileInfo(path).suffix().isEmpty()) return path;
  const auto index = filters.indexOf(chosen_filter);
  return path + QLatin1Char('.') + suffixes.value(index < 0 ? 0 : index);
}

}  // namespace attnscope::gui::widgets
