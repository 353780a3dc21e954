// --render: a figure from the command line, with neither window nor display.
#pragma once

#include "gui/app/command_line.h"

namespace attnscope::gui::app {

inline constexpr int exit_ok = 0, exit_usage = 2, exit_nothing_matched = 6;

// Needs a QGuiApplication. Messages go to stderr; returns the exit code.
int render_figure(const CommandLine& line);

}  // namespace attnscope::gui::app
