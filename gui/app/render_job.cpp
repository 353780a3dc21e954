#include "gui/app/render_job.h"

#include <QFileInfo>
#include <QTextStream>
#include <algorithm>
#include <optional>

#include "gui/app/view_choice.h"
#include "gui/model/figure_footer.h"
#include "gui/model/panels.h"
#include "gui/model/points_csv.h"
#include "gui/model/session.h"
#include "gui/model/workspace_session.h"
#include "gui/plot/exporter.h"

namespace attnscope::gui::app {
namespace {

void complain(const QString& message) { QTextStream(stderr) << "attnscope-gui: " << message << '\n'; }

// Runs, filter and selection as the command line has them; an exit code.
int fill_session(const CommandLine& line, model::Session& session) {
  QStringList paths = files_to_load(line);
  std::optional<model::Workspace> workspace;
  try {
    if (!line.workspace.isEmpty()) workspace = model::load_workspace(line.workspace);
  } catch (const model::WorkspaceError& error) {
    complain(QString::fromStdString(error.what()));
    return exit_usage;
  }
  if (workspace) paths << model::run_paths(*workspace);
  bool unusable = false;
  for (const model::LoadProblem& problem : session.runs.load(paths)) {
    complain(problem.text());
    unusable |= problem.is_fatal;
  }
  if (unusable) return exit_usage;
  if (workspace) {
    const QStringList changes = model::change_warnings(*workspace, model::file_hashes(model::run_paths(*workspace)));
    for (const QString& problem : changes + model::restore_workspace(*workspace, session)) complain(problem);
  }
  if ((!workspace || !line.filter.isEmpty()) && !session.filter.set_text(line.filter)) {
    complain(QStringLiteral("--filter '%1': %2").arg(line.filter, session.filter.error()));
    return exit_usage;
  }
  const auto [options, selected, problem] = choose_view(line, session, session.view.options());
  if (!problem.isEmpty()) {
    complain(problem);
    return exit_usage;
  }
  session.view.set_options(options);
  session.selection.set_current(selected);
  return exit_ok;
}

bool is_empty(const std::vector<plot::PlotScene>& panels) {
  return std::all_of(panels.begin(), panels.end(), [](auto& panel) { return plot::drawable_count(panel) == 0; });
}

std::vector<plot::PlotScene> panels_of(const model::View& view, const CommandLine& line,
                                       const model::Session& session) {
  std::vector<plot::PlotScene> panels = model::build_panels(view, session.view_input(), session.view.options());
  for (plot::PlotScene& panel : panels) panel = session.notes.annotated(std::move(panel));
  if (line.footer) model::add_footer(panels, model::figure_footer(session.runs.runs()));
  return panels;
}

int write_figure(const std::vector<plot::PlotScene>& panels, const QString& path, const CommandLine& line,
                 const model::Session& session) {
  plot::ExportOptions figure;
  figure.size = line.size;
  const reports::Palette& colors = line.palette ? *line.palette : reports::default_palette;
  figure.theme = line.theme == widgets::ThemeChoice::dark ? plot::Theme::dark(colors) : plot::Theme::light(colors);
  try {
    if (QFileInfo(path).suffix().toLower() == QLatin1String("csv")) {
      model::write_points_csv(panels, session.runs, path);
    } else {
      plot::export_plot(panels, path, figure);
    }
  } catch (const std::runtime_error& error) {  // ExportError, CsvError
    complain(QString::fromStdString(error.what()));
    return exit_usage;
  }
  return exit_ok;
}

int render_all(const CommandLine& line, const model::Session& session) {
  int written = 0;
  for (const model::View& view : model::views()) {
    const std::vector<plot::PlotScene> panels = panels_of(view, line, session);
    if (is_empty(panels)) {
      complain(QStringLiteral("%1: nothing to draw; %2").arg(QLatin1String(view.id), panels.front().empty_message));
      continue;
    }
    if (const int failed = write_figure(panels, model::path_of_view(line.output, view), line, session)) return failed;
    ++written;
  }
  return written > 0 ? exit_ok : exit_nothing_matched;
}

}  // namespace

int render_figure(const CommandLine& line) {
  model::Session session;
  if (const int failed = fill_session(line, session)) return failed;
  if (line.render_view == QLatin1String(every_view)) return render_all(line, session);
  const std::vector<plot::PlotScene> panels = panels_of(*model::find_view(line.render_view), line, session);
  if (is_empty(panels)) {
    complain(QStringLiteral("nothing to draw: no case of %1 that matches '%2' has a value for '%3'; %4")
                 .arg(line.files.join(QStringLiteral(", ")), line.filter,
                      QLatin1String(session.view.options().metric->id), panels.front().empty_message));
    return exit_nothing_matched;
  }
  return write_figure(panels, line.output, line, session);
}

}  // namespace attnscope::gui::app
