// Light or dark, and the colours of curves: the window's palette and the plots' theme that goes with it.
#pragma once

#include <QPalette>
#include <QString>

#include "gui/plot/theme.h"

namespace attnscope::gui::widgets {

enum class ThemeChoice { automatic, light, dark };

// Gives the application Fusion style and, unless automatic, a palette. Called again when the choice changes.
void apply_theme(ThemeChoice choice);

bool is_dark(const QPalette& palette);
plot::Theme plot_theme_for(const QPalette& palette, const reports::Palette& colors);

// As menus show it.
QString palette_title(const reports::Palette& colors);

}  // namespace attnscope::gui::widgets
