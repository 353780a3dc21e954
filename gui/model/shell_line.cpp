#include "gui/model/shell_line.h"

#include <QRegularExpression>

namespace attnscope::gui::model {
namespace {

QString quoted(const QString& word) {
  static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_@%+=:,./-]+$"));
  if (plain.match(word).hasMatch()) return word;
  QString inner = word;
  inner.replace(QLatin1Char('\''), QStringLiteral("'\\''"));
  return QLatin1Char('\'') + inner + QLatin1Char('\'');
}

}  // namespace

QString shell_line(const QString& program, const QStringList& arguments) {
  QStringList words{quoted(program)};
  for (const QString& argument : arguments) words << quoted(argument);
  return words.join(QLatin1Char(' '));
}

}  // namespace attnscope::gui::model
