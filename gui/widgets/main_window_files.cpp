// The part of MainWindow that opens, exports and copies.
#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMenu>
#include <QMimeData>
#include <QStatusBar>
#include <QUrl>
#include <algorithm>
#include <utility>

#include "gui/model/figure_footer.h"
#include "gui/model/panels.h"
#include "gui/model/points_csv.h"
#include "gui/model/recent_files.h"
#include "gui/model/workspace_session.h"
#include "gui/plot/scene_table.h"
#include "gui/widgets/baseline_menu.h"
#include "gui/widgets/export_dialog.h"
#include "gui/widgets/file_chooser.h"
#include "gui/widgets/main_window.h"
#include "gui/widgets/message_bar.h"
#include "gui/widgets/plot_page.h"
#include "gui/widgets/start_page.h"
#include "gui/widgets/window_settings.h"

namespace attnscope::gui::widgets {

void MainWindow::open(const QStringList& paths) {
  QStringList chosen = paths;
  chosen.removeAll(QString());
  if (chosen.isEmpty()) return;
  for (const QString& path : std::as_const(chosen)) {
    if (QFileInfo::exists(path)) remember_recent(path);
  }
  const auto workspace = std::find_if(chosen.begin(), chosen.end(), [](const QString& path) {
    return QFileInfo(path).suffix().compare(QLatin1String(model::workspace_suffix), Qt::CaseInsensitive) == 0;
  });
  if (workspace != chosen.end()) {
    const QString path = *workspace;
    chosen.erase(workspace);
    open_workspace(path);
  }
  if (!chosen.isEmpty()) session_.runs.load_later(chosen);
}

void MainWindow::open_workspace(const QString& path) {
  try {
    awaited_workspace_ = model::load_workspace(path);
  } catch (const model::WorkspaceError& error) {
    return messages_->show_message(QString::fromStdString(error.what()));
  }
  workspace_path_ = path;
  opened_hashes_->cancel();
  session_.runs.close_all();
  session_.runs.load_later(model::run_paths(*awaited_workspace_));
}

void MainWindow::adopt_awaited_workspace() {
  if (!awaited_workspace_) return;
  const model::Workspace workspace = *std::exchange(awaited_workspace_, std::nullopt);
  const QStringList problems = model::restore_workspace(workspace, session_);
  if (!problems.isEmpty()) messages_->show_message(problems.join(QLatin1Char('\n')));
  opened_hashes_->start(model::run_paths(workspace), [this, workspace, problems](const model::FileHashes& today) {
    const QStringList warnings = model::change_warnings(workspace, today);
    if (!warnings.isEmpty()) messages_->show_message((warnings + problems).join(QLatin1Char('\n')));
  });
  plot::PlotWidget& plot = page_->plot();
  if (workspace.zoom && workspace.zoom->first == plot.scene().identity) plot.set_view(workspace.zoom->second);
}

void MainWindow::save_workspace(const QString& path) {
  model::Workspace workspace = model::capture_workspace(session_);
  plot::PlotWidget& plot = page_->plot();
  if (!plot.is_fitted())
    workspace.zoom = {plot.scene().identity, plot::View{plot.scene().x.range, plot.scene().y.range}};
  saved_hashes_->start(model::run_paths(workspace), [this, workspace, path](const model::FileHashes& hashes) {
    write_workspace(model::with_hashes(workspace, hashes), path);
  });
}

void MainWindow::write_workspace(const model::Workspace& workspace, const QString& path) {
  try {
    model::save_workspace(workspace, path);
  } catch (const model::WorkspaceError& error) {
    return messages_->show_message(tr("Not saved: %1").arg(QString::fromStdString(error.what())));
  }
  workspace_path_ = path;
  remember_recent(path);
  statusBar()->showMessage(tr("Saved %1").arg(path));
}

void MainWindow::ask_to_save_workspace() {
  const QString suggested = workspace_path_.isEmpty() ? QStringLiteral("workspace") : workspace_path_;
  const QString path = files_.file_to_save(this, suggested, {QLatin1String(model::workspace_suffix)});
  if (!path.isEmpty()) save_workspace(path);
}

void MainWindow::open_as_baseline(const QStringList& paths) {
  if (!paths.isEmpty()) awaited_baseline_ = QDir::cleanPath(QFileInfo(paths.front()).absoluteFilePath());
  open(paths);
}

// A folder's first run stands for it.
void MainWindow::adopt_awaited_baseline() {
  if (awaited_baseline_.isEmpty()) return;
  for (const model::LoadedRun& run : session_.runs.runs()) {
    const bool is_meant = run.path == awaited_baseline_ || run.path.startsWith(awaited_baseline_ + QLatin1Char('/'));
    if (!is_meant) continue;
    awaited_baseline_.clear();
    return choose_baseline(session_, run.id, {});
  }
}

void MainWindow::remember_recent(const QString& path) {
  save_recent(settings_, model::with_recent(restore_recent(settings_), path));
  show_recent();
}

void MainWindow::show_recent() {
  const QStringList recent = model::existing_recent(restore_recent(settings_));
  start_->show_recent(recent);
  recent_menu_->clear();
  for (const QString& path : recent) {
    QAction* action = recent_menu_->addAction(QFileInfo(path).fileName());
    action->setToolTip(path);
    // Queued: the menu is filled anew by what the action does.
    connect(
        action, &QAction::triggered, this, [this, path] { open({path}); }, Qt::QueuedConnection);
  }
  recent_menu_->setEnabled(!recent.isEmpty());
  if (recent.isEmpty()) return;
  recent_menu_->addSeparator();
  QAction* forget = recent_menu_->addAction(tr("&Clear the list"));
  const auto clear = [this] {
    save_recent(settings_, {});
    show_recent();
  };
  connect(forget, &QAction::triggered, this, clear, Qt::QueuedConnection);
}

bool MainWindow::export_to(const QString& path, plot::Figure figure, const plot::ExportOptions& options) {
  try {
    if (QFileInfo(path).suffix().compare(QLatin1String("csv"), Qt::CaseInsensitive) == 0) {
      model::write_points_csv(figure, session_.runs, path);
    } else {
      plot::export_plot(figure, path, options);
    }
  } catch (const std::runtime_error& error) {  // ExportError, CsvError
    messages_->show_message(tr("Not exported: %1").arg(QString::fromStdString(error.what())));
    return false;
  }
  statusBar()->showMessage(tr("Exported %1").arg(path));
  return true;
}

void MainWindow::ask_for_export() {
  auto* dialog =
      new ExportDialog(page_->figure(), model::figure_footer(session_.runs.runs()), page_->plot().theme(), this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &QDialog::accepted, this, [this, dialog] {
    const std::vector<plot::PlotScene> figure = dialog->figure();
    const QString path =
        files_.file_to_save(this, QString::fromLatin1(session_.view.view().id), plot::export_suffixes());
    if (path.isEmpty()) return;
    if (dialog->wants_all_views()) {
      export_all_views(path, *dialog);
    } else {
      export_to(path, figure, dialog->options());
    }
  });
  dialog->open();
}

void MainWindow::export_all_views(const QString& path, const ExportDialog& dialog) {
  for (const model::View& view : model::views()) {
    const auto panels = model::build_panels(view, session_.view_input(), session_.view.options());
    const bool is_empty =
        std::all_of(panels.begin(), panels.end(), [](auto& panel) { return plot::drawable_count(panel) == 0; });
    if (!is_empty && !export_to(model::path_of_view(path, view), dialog.dressed(panels), dialog.options())) return;
  }
}

void MainWindow::ask_for_csv() {
  const QString path = files_.file_to_save(this, QStringLiteral("points"), {QStringLiteral("csv")});
  if (!path.isEmpty()) export_to(path, page_->figure(), {});
}

void MainWindow::copy_data() {
  QString text;
  for (const plot::PlotScene& panel : page_->figure()) text += plot::to_tab_separated(plot::scene_table(panel));
  QApplication::clipboard()->setText(text);
  statusBar()->showMessage(tr("Data copied: tab-separated"));
}

void MainWindow::copy_picture() {
  plot::ExportOptions options;
  options.size = page_->plots().size();
  options.theme = plot::Theme::light(*colors_);
  QApplication::clipboard()->setImage(plot::render_image(page_->figure(), options));
  statusBar()->showMessage(tr("Picture copied"));
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  const bool any_local = std::any_of(urls.begin(), urls.end(), [](const QUrl& url) { return url.isLocalFile(); });
  if (any_local) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  QStringList paths;
  for (const QUrl& url : event->mimeData()->urls()) paths << url.toLocalFile();
  event->acceptProposedAction();
  if (event->modifiers() & Qt::AltModifier) {
    open_as_baseline(paths);
  } else {
    open(paths);
  }
}

}  // namespace attnscope::gui::widgets
