// The files opened last, newest first.
#pragma once

#include <QStringList>

namespace attnscope::gui::model {

inline constexpr int recent_files_limit = 10;

// `recent` with the path in front: absolute, named once, no more than the limit.
QStringList with_recent(const QStringList& recent, const QString& path);

// Those that are still there.
QStringList existing_recent(const QStringList& recent);

// The run that comes with the program; "" when the data directory is not installed.
QString example_run();

}  // namespace attnscope::gui::model
