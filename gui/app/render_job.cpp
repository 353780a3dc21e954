#include "gui/app/render_job.h"

#include <QFileInfo>
#include <QTextStream>
#include <algorithm>

#include "gui/app/view_choice.h"
#include "gui/model/panels.h"
#include "gui/model/points_csv.h"
#include "gui/model/session.h"
#include "gui/plot/exporter.h"

namespace attnscope::gui::app {
namespace {

void complain(const QString& message) { QTextStream(stderr) << "attnscope-gui: " << message << '\n'; }

}  // namespace

int render_figure(const CommandLine& line) {
  model::Session session;
  bool unusable = false;
  for (const model::LoadProblem& problem : session.runs.load(files_to_load(line))) {
    complain(problem.text());
    unusable |= problem.is_fatal;
  }
  if (unusable) return exit_usage;
  if (!session.filter.set_text(line.filter)) {
    complain(QStringLiteral("--filter '%1': %2").arg(line.filter, session.filter.error()));
    return exit_usage;
  }
  const auto [options, problem] = choose_view(line, session, {});
  if (!problem.isEmpty()) {
    complain(problem);
    return exit_usage;
  }
  const std::vector<plot::PlotScene> panels =
      model::build_panels(*model::find_view(line.render_view), session.view_input(), options);
  if (std::all_of(panels.begin(), panels.end(), [](auto& panel) { return plot::drawable_count(panel) == 0; })) {
    complain(QStringLiteral("nothing to draw: no case of %1 that matches '%2' has a value for '%3'; %4")
                 .arg(line.files.join(QStringLiteral(", ")), line.filter, QLatin1String(options.metric->id),
                      panels.front().empty_message));
    return exit_nothing_matched;
  }
  plot::ExportOptions figure;
  figure.size = line.size;
  if (line.theme == widgets::ThemeChoice::dark) figure.theme = plot::Theme::dark();
  try {
    if (QFileInfo(line.output).suffix().toLower() == QLatin1String("csv")) {
      model::write_points_csv(panels, session.runs, line.output);
    } else {
      plot::export_plot(panels, line.output, figure);
    }
  } catch (const std::runtime_error& error) {  // ExportError, CsvError
    complain(QString::fromStdString(error.what()));
    return exit_usage;
  }
  return exit_ok;
}

}  // namespace attnscope::gui::app
