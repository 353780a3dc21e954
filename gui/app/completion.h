// Completion of the viewer's command line in shells, made from the table that parses it.
#pragma once

#include <QString>
#include <QStringList>
#include <vector>

namespace attnscope::gui::app {

struct OptionSummary {
  QString name, short_name, placeholder, help;
  QStringList values;  // all it takes, when they are few and known; else files are completed
};

QStringList completion_shells();
// The text to be sourced by the shell, one of completion_shells().
QString completion_script(const QString& shell, const std::vector<OptionSummary>& options);

}  // namespace attnscope::gui::app
