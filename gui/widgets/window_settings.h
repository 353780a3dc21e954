// What the window remembers between sessions.
#pragma once

#include <QSettings>

#include "gui/model/view_options.h"
#include "gui/widgets/app_theme.h"

class QMainWindow;

namespace attnscope::gui::widgets {

// Geometry and docks. A layout saved by a window with other docks is ignored, not half applied.
void save_window(QSettings& settings, const QMainWindow& window);
void restore_window(QSettings& settings, QMainWindow& window);

void save_options(QSettings& settings, const model::ViewOptions& options);
model::ViewOptions restore_options(const QSettings& settings);

void save_theme(QSettings& settings, ThemeChoice choice);
ThemeChoice restore_theme(const QSettings& settings);

}  // namespace attnscope::gui::widgets
