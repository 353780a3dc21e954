// What the command line says about the view, applied to a session whose runs are loaded.
#pragma once

#include <QString>
#include <QStringList>

#include "gui/app/command_line.h"
#include "gui/model/session.h"

namespace attnscope::gui::app {

// The files to load: those named, and the baseline when it is one.
QStringList files_to_load(const CommandLine& line);

struct ViewChoice {
  model::ViewOptions options;
  std::optional<model::PointKey> selected;
  QString problem;  // what could not be applied, and what was expected; "" when all could
};
// `options` with what the command line asks for.
ViewChoice choose_view(const CommandLine& line, const model::Session& session, model::ViewOptions options);

}  // namespace attnscope::gui::app
