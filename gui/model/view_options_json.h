// View options as JSON, by name: for workspaces and for what the window remembers. A new option is one row of the table
// in view_options_json.cpp.
#pragma once

#include <QJsonObject>

#include "gui/model/view_options.h"

namespace attnscope::gui::model {

// Everything but `baseline_run`, whose number means something to the running program only: workspaces name that run
// by its file.
QJsonObject to_json(const ViewOptions& options);

// `fallback` with what the object says. What is missing, of another type, or named like nothing that this version
// knows leaves the fallback as it is.
ViewOptions view_options_from_json(const QJsonObject& object, ViewOptions fallback = {});

}  // namespace attnscope::gui::model
