// What the window remembers between sessions, besides its layout (dock_set.h).
#pragma once

#include <QSettings>

#include "gui/model/view_options.h"
#include "gui/widgets/app_theme.h"

namespace attnscope::gui::widgets {

// How one likes to look at things is remembered; what belongs to the loaded runs (length, baseline, axis, panels)
// is not.
void save_options(QSettings& settings, const model::ViewOptions& options);
model::ViewOptions restore_options(const QSettings& settings);

// Paths, newest first.
void save_recent(QSettings& settings, const QStringList& paths);
QStringList restore_recent(const QSettings& settings);

void save_theme(QSettings& settings, ThemeChoice choice);
ThemeChoice restore_theme(const QSettings& settings);

void save_palette(QSettings& settings, const reports::Palette& colors);
const reports::Palette& restore_palette(const QSettings& settings);

}  // namespace attnscope::gui::widgets
