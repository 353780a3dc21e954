// Between a session and its workspace.
#pragma once

#include <QStringList>

#include "gui/model/session.h"
#include "gui/model/workspace.h"

namespace attnscope::gui::model {

// All of it but the zoom, which the plot knows, and the hashes of the runs.
Workspace capture_workspace(const Session& session);

// Puts everything but runs and zoom in force; the runs are loaded. Returns what could not be restored, in words.
QStringList restore_workspace(const Workspace& workspace, Session& session);

// A line for each run that has changed since the workspace was saved.
QStringList change_warnings(const Workspace& workspace, const FileHashes& today);

}  // namespace attnscope::gui::model
