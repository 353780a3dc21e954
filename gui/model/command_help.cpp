#include "gui/model/command_help.h"

#include <QRegularExpression>

namespace attnscope::gui::model {

QList<HelpOption> parse_help(const QString& text) {
  // "  -a,--axis AXIS=VALUES ...   lists 1,2, ranges …"; what is too long for its column has its meaning on the next
  // line.
  static const QRegularExpression option(
      QStringLiteral("^ {1,8}(?:-\\w,)?--([\\w-]+)(?: (\\S+)( \\.\\.\\.)?)?(?: {2,}(\\S.*))?$"));
  static const QRegularExpression further(QStringLiteral("^ {9,}(\\S.*)$"));
  QList<HelpOption> options;
  bool continues = false;
  for (const QString& line : text.split(QLatin1Char('\n'))) {
    if (const auto found = option.match(line); found.hasMatch()) {
      options << HelpOption{found.captured(1), found.captured(2), found.capturedLength(3) > 0, found.captured(4)};
      continues = true;
    } else if (const auto rest = further.match(line); continues && rest.hasMatch()) {
      QString& meaning = options.last().meaning;
      meaning += (meaning.isEmpty() ? QString() : QStringLiteral(" ")) + rest.captured(1);
    } else {
      continues = false;
    }
  }
  return options;
}

}  // namespace attnscope::gui::model
