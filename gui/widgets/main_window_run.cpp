// The part of MainWindow that starts runs and shows how they go.
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QMenuBar>
#include <QStatusBar>

#include "gui/model/harness_program.h"
#include "gui/model/shell_line.h"
#include "gui/widgets/dock_set.h"
#include "gui/widgets/main_window.h"
#include "gui/widgets/run_dialog.h"
#include "gui/widgets/run_panel.h"

namespace attnscope::gui::widgets {

void MainWindow::create_run_menu() {
  QMenu* menu = menuBar()->addMenu(tr("&Run"));
  QAction* start = add_action(menu, tr("&New run…"), Qt::CTRL | Qt::Key_R, [this] { show_run_dialog(); });
  start->setObjectName(QStringLiteral("newRun"));
  menu->addSeparator();
  menu->addActions(run_->actions_of_run());
  menu->addSeparator();
  add_action(menu, tr("&Copy command line of the last run"), {}, [this] {
    const model::RunController& run = run_->controller();
    if (!run.program().isEmpty())
      QApplication::clipboard()->setText(model::shell_line(run.program(), run.request().arguments()));
  });
}

void MainWindow::connect_run_panel() {
  auto* summary = new QLabel(this);
  summary->setObjectName(QStringLiteral("runSummary"));
  summary->hide();
  statusBar()->addPermanentWidget(summary);
  connect(run_, &RunPanel::summary_changed, summary, [summary](const QString& text) {
    summary->setText(text);
    summary->setVisible(!text.isEmpty());
  });
  connect(run_, &RunPanel::problem_found, this, &MainWindow::show_message);
  connect(&run_->controller(), &model::RunController::began, this, [this] { docks_->show_dock_of(run_); });
}

void MainWindow::show_run_dialog() {
  const QString program = model::find_harness();
  if (run_dialog_ && run_dialog_->program() != program) delete std::exchange(run_dialog_, nullptr);
  if (!run_dialog_) {
    run_dialog_ = new RunDialog(program, files_, this);
    connect(run_dialog_, &RunDialog::run_requested, this,
            [this](const model::RunRequest& request) { run_->controller().start(run_dialog_->program(), request); });
  }
  run_dialog_->open();
}

}  // namespace attnscope::gui::widgets
