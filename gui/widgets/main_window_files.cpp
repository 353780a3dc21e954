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

#include "gui/model/points_csv.h"
#include "gui/model/recent_files.h"
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
  session_.runs.load_later(chosen);
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
  auto* dialog = new ExportDialog(page_->figure(), page_->plot().theme(), this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &QDialog::accepted, this, [this, dialog] {
    const std::vector<plot::PlotScene> figure = dialog->figure();
    const QString path =
        files_.file_to_save(this, QString::fromLatin1(session_.view.view().id), plot::export_suffixes());
    if (!path.isEmpty()) export_to(path, figure, dialog->options());
  });
  dialog->open();
}

void MainWindow::ask_for_csv() {
  const QString path = files_.file_to_save(this, QStringLiteral("points"), {QStringLiteral("csv")});
  if (!path.isEmpty()) export_to(path, page_->figure(), {});
}

void MainWindow::copy_picture() {
  plot::ExportOptions options;
  options.size = page_->plots().size();
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
