// A way of looking at some runs, as a file (.attnscope, JSON): which runs, filter, baseline, view, its options, the
// visible range, notes. Runs are named by path, relative to the workspace where that is possible, so that a folder can
// be moved as a whole; a hash tells whether a run has changed since.
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "gui/model/file_hasher.h"
#include "gui/model/filter_state.h"
#include "gui/model/notes.h"
#include "gui/model/view.h"
#include "gui/plot/view_history.h"

namespace attnscope::gui::model {

inline constexpr const char* workspace_suffix = "attnscope";

// The text says which file and why.
struct WorkspaceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct WorkspaceRun {
  QString path;       // absolute
  QByteArray sha256;  // of the file, hexadecimal; "" when it could not be read
  bool operator==(const WorkspaceRun&) const = default;
};

struct Workspace {
  std::vector<WorkspaceRun> runs;
  QString baseline_run;  // path of one of the runs; "": none
  FilterValue filter;
  QString view;         // View::id
  ViewOptions options;  // without baseline_run
  // The zoom, and the scene that it belongs to; nothing when everything is shown.
  std::optional<std::pair<QString, plot::View>> zoom;
  std::vector<Annotation> notes;
  bool operator==(const Workspace&) const = default;
};

// `folder` is where the workspace file lies, absolute.
QByteArray workspace_to_json(const Workspace& workspace, const QString& folder);
// Throws WorkspaceError when it is no workspace, or one of a newer format. Options that this version does not know are
// passed over.
Workspace workspace_from_json(const QByteArray& bytes, const QString& folder);

// Both throw WorkspaceError. The file appears whole or not at all.
void save_workspace(const Workspace& workspace, const QString& path);
Workspace load_workspace(const QString& path);

// Of all its runs.
QStringList run_paths(const Workspace& workspace);
// The workspace with these hashes of its runs.
Workspace with_hashes(Workspace workspace, const FileHashes& hashes);
// Paths of runs that are not the files they were, as their hashes of today show: missing or changed.
QStringList changed_runs(const Workspace& workspace, const FileHashes& today);

}  // namespace attnscope::gui::model
