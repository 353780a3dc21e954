// attnscope-gui: the desktop viewer, and figures without a desktop.
#include <QApplication>
#include <QSettings>
#include <QTemporaryDir>
#include <QTextStream>
#include <QTimer>
#include <memory>

#include "gui/app/command_line.h"
#include "gui/app/render_job.h"
#include "gui/app/translation.h"
#include "gui/app/view_choice.h"
#include "gui/model/session.h"
#include "gui/plot/fonts.h"
#include "gui/widgets/dock_set.h"
#include "gui/widgets/file_chooser.h"
#include "gui/widgets/main_window.h"

namespace attnscope::gui::app {
namespace {

void complain(const QString& message) { QTextStream(stderr) << "attnscope-gui: " << message << '\n'; }

bool has_display() {
#ifdef Q_OS_LINUX
  return qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY");
#else
  return true;
#endif
}

int render(int argc, char** argv, const CommandLine& line) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  const QGuiApplication application(argc, argv);
  const auto translation = load_translation(QLocale(), translation_folders());
  plot::use_bundled_font();
  return render_figure(line);
}

// Two turns of the event loop: the first lays the docks out, the second has painted them.
void save_when_idle(widgets::MainWindow& window, const QString& path) {
  QTimer::singleShot(0, &window, [&window, path] {
    QTimer::singleShot(0, &window, [&window, path] {
      const bool saved = window.grab().save(path, "PNG");
      if (!saved) complain(path + QStringLiteral(": the picture cannot be written"));
      QCoreApplication::exit(saved ? exit_ok : exit_usage);
    });
  });
}

int show_window(int argc, char** argv, const CommandLine& line) {
  const bool is_picture = !line.screenshot.isEmpty();
  if (is_picture && !has_display() && !qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
  }
  const QApplication application(argc, argv);
  const auto translation = load_translation(QLocale(), translation_folders());
  // A picture of the window neither depends on how the last session left it nor changes the next one.
  const QTemporaryDir scratch;
  const auto settings =
      is_picture ? std::make_unique<QSettings>(scratch.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat)
                 : std::make_unique<QSettings>();
  if (is_picture) {
    plot::use_bundled_font();
  } else {
    plot::ensure_usable_font();
  }

  if (line.reset_layout) widgets::DockSet::forget(*settings);
  model::Session session;
  if (!session.filter.set_text(line.filter)) {
    complain(QStringLiteral("--filter '%1': %2").arg(line.filter, session.filter.error()));
    return exit_usage;
  }
  widgets::DialogFileChooser files;
  widgets::MainWindow window(session, files, *settings);
  if (line.palette) window.set_colors(*line.palette);
  if (line.theme) window.set_theme(*line.theme);
  if (is_picture && line.size_given) window.resize(line.size);
  // What the command line says of the view may name runs: it is applied once they are there.
  QString problem;
  const auto apply_view = [&] {
    if (!line.filter.isEmpty()) session.filter.set_text(line.filter);  // a workspace brings its own
    const ViewChoice choice = choose_view(line, session, session.view.options());
    problem = choice.problem;
    if (problem.isEmpty()) {
      if (line.view) session.view.set_view(*line.view);
      session.view.set_options(choice.options);
      session.history.clear();  // what the command line chose is where one begins
      if (choice.selected) session.selection.set_current(choice.selected);
    }
    if (window.isVisible() && !problem.isEmpty()) window.show_message(problem);
  };
  QStringList paths = files_to_load(line);
  if (!line.workspace.isEmpty()) paths.prepend(line.workspace);
  if (!is_picture && !paths.isEmpty())
    QObject::connect(&session.runs, &model::RunStore::loading_finished, &window, apply_view, Qt::SingleShotConnection);
  window.open(paths);
  if (is_picture || paths.isEmpty()) {
    while (session.runs.is_loading()) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    apply_view();
  }
  session.runs.set_watching(!is_picture);
  if (!problem.isEmpty()) {
    complain(problem);
    return exit_usage;
  }
  window.show();
  if (is_picture) save_when_idle(window, line.screenshot);
  return QApplication::exec();
}

int run(int argc, char** argv) {
  QCoreApplication::setOrganizationName(QStringLiteral("attnscope"));
  QCoreApplication::setApplicationName(QStringLiteral("attnscope-gui"));
  QCoreApplication::setApplicationVersion(QStringLiteral(ATTNSCOPE_VERSION));
  QStringList arguments;
  for (int i = 1; i < argc; ++i) arguments << QString::fromLocal8Bit(argv[i]);
  const auto parsed = parse_command_line(arguments);
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    complain(error->message);
    return exit_usage;
  }
  const CommandLine& line = std::get<CommandLine>(parsed);
  if (line.help) {
    QTextStream(stdout) << help_text();
    return exit_ok;
  }
  if (line.list_views) {
    QTextStream(stdout) << views_text();
    return exit_ok;
  }
  if (!line.completion.isEmpty()) {
    QTextStream(stdout) << completion_script(line.completion, option_summaries());
    return exit_ok;
  }
  if (line.version) {
    QTextStream(stdout) << "attnscope-gui " << QCoreApplication::applicationVersion() << '\n';
    return exit_ok;
  }
  return line.render_view.isEmpty() ? show_window(argc, argv, line) : render(argc, argv, line);
}

}  // namespace
}  // namespace attnscope::gui::app

int main(int argc, char** argv) { return attnscope::gui::app::run(argc, argv); }
