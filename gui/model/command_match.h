// How well a typed abbreviation fits the name of a command.
#pragma once

#include <QString>
#include <QStringList>
#include <vector>

namespace attnscope::gui::model {

// 0 when the letters of `typed` do not all occur in `name` in their order, whatever their case; else the more the
// better: letters that begin words or follow each other count most.
int command_score(const QString& typed, const QString& name);

// Indices of the names that fit, the best first; all of them, in their order, when nothing is typed.
std::vector<qsizetype> matching_commands(const QString& typed, const QStringList& names);

}  // namespace attnscope::gui::model
