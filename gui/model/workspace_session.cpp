#include "gui/model/workspace_session.h"

#include <QCoreApplication>
#include <algorithm>

namespace attnscope::gui::model {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::WorkspaceSession)
};

}  // namespace

Workspace capture_workspace(const Session& session) {
  Workspace workspace;
  for (const LoadedRun& run : session.runs.runs()) workspace.runs.push_back({run.path, {}});
  workspace.options = session.view.options();
  if (const LoadedRun* baseline = session.runs.find_run(workspace.options.baseline_run))
    workspace.baseline_run = baseline->path;
  workspace.options.baseline_run = 0;
  workspace.filter = session.filter.value();
  workspace.view = QLatin1String(session.view.view().id);
  workspace.notes = session.notes.all();
  return workspace;
}

QStringList restore_workspace(const Workspace& workspace, Session& session) {
  QStringList problems;
  ViewOptions options = workspace.options;
  const auto runs = session.runs.runs();
  const auto baseline =
      std::find_if(runs.begin(), runs.end(), [&](const LoadedRun& run) { return run.path == workspace.baseline_run; });
  if (baseline != runs.end()) options.baseline_run = baseline->id;
  if (!workspace.baseline_run.isEmpty() && baseline == runs.end())
    problems << Words::tr("the baseline run %1 is not loaded").arg(workspace.baseline_run);
  try {
    session.filter.set_value(workspace.filter);
  } catch (const reports::FilterError& error) {
    problems << Words::tr("filter '%1': %2").arg(workspace.filter.text, QString::fromStdString(error.what()));
  }
  session.notes.set_all(workspace.notes);
  session.view.set_options(options);
  if (const View* view = find_view(workspace.view)) {
    session.view.set_view(*view);
  } else {
    problems << Words::tr("this version has no view '%1'").arg(workspace.view);
  }
  session.history.clear();
  return problems;
}

QStringList change_warnings(const Workspace& workspace, const FileHashes& today) {
  QStringList warnings;
  for (const QString& path : changed_runs(workspace, today))
    warnings << Words::tr("%1 is not the file that the workspace was saved with").arg(path);
  return warnings;
}

}  // namespace attnscope::gui::model
