#include "gui/model/harness_program.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QStandardPaths>

namespace attnscope::gui::model {

QString find_harness() {
  if (qEnvironmentVariableIsSet("ATTNSCOPE_PROGRAM")) {
    const QFileInfo chosen(qEnvironmentVariable("ATTNSCOPE_PROGRAM"));
    return chosen.isExecutable() && chosen.isFile() ? chosen.absoluteFilePath() : QString();
  }
  const QString name = QStringLiteral("attnscope");
  const QString beside = QStandardPaths::findExecutable(name, {QCoreApplication::applicationDirPath()});
  return beside.isEmpty() ? QStandardPaths::findExecutable(name) : beside;
}

}  // namespace attnscope::gui::model
