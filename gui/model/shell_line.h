// A command line as one types it in a shell.
#pragma once

#include <QString>
#include <QStringList>

namespace attnscope::gui::model {

// Words that a shell would take apart are quoted.
QString shell_line(const QString& program, const QStringList& arguments);

}  // namespace attnscope::gui::model
