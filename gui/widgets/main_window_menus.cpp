// The part of MainWindow that fills the menu bar. Every action is in a menu, with its shortcut.
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QMenuBar>
#include <QMessageBox>
#include <QSettings>

#include "gui/model/recent_files.h"
#include "gui/widgets/baseline_menu.h"
#include "gui/widgets/command_palette.h"
#include "gui/widgets/dock_set.h"
#include "gui/widgets/file_chooser.h"
#include "gui/widgets/filter_panel.h"
#include "gui/widgets/main_window.h"
#include "gui/widgets/plot_page.h"
#include "gui/widgets/shortcut_sheet.h"

namespace attnscope::gui::widgets {

QAction* MainWindow::add_action(QMenu* menu, const QString& text, const QKeySequence& key, std::function<void()> run) {
  QAction* action = menu->addAction(text);
  action->setShortcut(key);
  connect(action, &QAction::triggered, this, std::move(run));
  return action;
}

QActionGroup* MainWindow::add_choices(QMenu* menu, const QStringList& names, std::function<void(int)> choose) {
  auto* group = new QActionGroup(this);
  for (const QString& name : names) {
    QAction* action = group->addAction(name);
    action->setCheckable(true);
    menu->addAction(action);
    connect(action, &QAction::triggered, this,
            [choose, i = menu->actions().size() - 1] { choose(static_cast<int>(i)); });
  }
  return group;
}

void MainWindow::create_menus() {
  create_file_menu();
  create_edit_menu();
  create_view_menu();
  create_run_menu();
  create_help_menu();
}

void MainWindow::create_file_menu() {
  QMenu* menu = menuBar()->addMenu(tr("&File"));
  add_action(menu, tr("&Open runs…"), QKeySequence::Open, [this] { open(files_.runs_to_open(this)); });
  add_action(menu, tr("Open &folder…"), Qt::CTRL | Qt::SHIFT | Qt::Key_O,
             [this] { open({files_.folder_to_open(this)}); });
  recent_menu_ = menu->addMenu(tr("Open &recent"));
  recent_menu_->setToolTipsVisible(true);
  QAction* example = add_action(menu, tr("Open the e&xample"), {}, [this] { open({model::example_run()}); });
  example->setEnabled(!model::example_run().isEmpty());
  needs_runs_ << add_action(menu, tr("Open as &baseline…"), {},
                            [this] { open_as_baseline(files_.runs_to_open(this)); });
  menu->addSeparator();
  needs_runs_ << add_action(menu, tr("&Save workspace"), QKeySequence::Save, [this] {
    if (workspace_path_.isEmpty()) {
      ask_to_save_workspace();
    } else {
      save_workspace(workspace_path_);
    }
  });
  needs_runs_ << add_action(menu, tr("Save workspace &as…"), QKeySequence::SaveAs, [this] { ask_to_save_workspace(); });
  needs_runs_ << add_action(menu, tr("&Close all runs"), QKeySequence::Close, [this] { session_.runs.close_all(); });
  menu->addSeparator();
  QAction* figure = add_action(menu, tr("&Export figure…"), Qt::CTRL | Qt::Key_E, [this] { ask_for_export(); });
  needs_runs_ << figure;
  figure_actions_ << figure;
  needs_runs_ << add_action(menu, tr("Export visible points as CS&V…"), Qt::CTRL | Qt::SHIFT | Qt::Key_E,
                            [this] { ask_for_csv(); });
  menu->addSeparator();
  add_action(menu, tr("&Quit"), QKeySequence::Quit, [this] { close(); });
}

void MainWindow::create_edit_menu() {
  QMenu* menu = menuBar()->addMenu(tr("&Edit"));
  model::FilterState& filter = session_.filter;
  model::History& history = session_.history;
  QAction* undo = add_action(menu, tr("&Undo"), QKeySequence::Undo, [&history] { history.undo(); });
  QAction* redo = add_action(menu, tr("&Redo"), {}, [&history] { history.redo(); });
  // The platform's own is one of them, and differs: people of both habits are served everywhere.
  redo->setShortcuts({Qt::CTRL | Qt::SHIFT | Qt::Key_Z, Qt::CTRL | Qt::Key_Y});
  undo->setToolTip(tr("The last change of filter, switches or baseline"));
  const auto show_history = [undo, redo, &history] {
    undo->setEnabled(history.can_undo());
    redo->setEnabled(history.can_redo());
  };
  connect(&history, &model::History::changed, this, show_history);
  show_history();
  menu->addSeparator();
  add_action(menu, tr("&Find…"), QKeySequence::Find, [this] {
    docks_->show_dock_of(filter_);
    filter_->focus_search();
  });
  add_action(menu, tr("&Show all"), Qt::CTRL | Qt::SHIFT | Qt::Key_A, [&filter] { filter.show_all(); });
  menu->addSeparator();
  QAction* copy = add_action(menu, tr("&Copy picture"), Qt::CTRL | Qt::SHIFT | Qt::Key_C, [this] { copy_picture(); });
  needs_runs_ << copy;
  figure_actions_.prepend(copy);
  QAction* data = add_action(menu, tr("Copy &data"), Qt::CTRL | Qt::SHIFT | Qt::Key_T, [this] { copy_data(); });
  data->setToolTip(tr("The numbers of the plot, separated by tabs: for spreadsheets"));
  needs_runs_ << data;
  figure_actions_.insert(1, data);
}

void MainWindow::create_view_menu() {
  QMenu* menu = menuBar()->addMenu(tr("&View"));
  menu->addActions(page_->tab_actions());
  menu->addSeparator();
  menu->addMenu(tr("&Metric"))->addActions(page_->metric_actions());
  menu->addMenu(tr("&Interval"))->addActions(page_->interval_actions());
  menu->addActions(page_->view_actions());
  menu->addMenu(new BaselineMenu(session_, menu));
  menu->addSeparator();
  menu->addActions(docks_->actions());
  summary_wanted_ = menu->addAction(tr("S&ummary line"));
  summary_wanted_->setCheckable(true);
  summary_wanted_->setChecked(settings_.value(QStringLiteral("window/summary"), true).toBool());
  connect(summary_wanted_, &QAction::toggled, this, [this](bool on) {
    settings_.setValue(QStringLiteral("window/summary"), on);
    show_loaded();
  });
  QAction* plot_only = menu->addAction(tr("&Plot only"));
  plot_only->setCheckable(true);
  plot_only->setShortcut(Qt::Key_F11);
  connect(plot_only, &QAction::toggled, docks_, &DockSet::set_all_hidden);
  add_action(menu, tr("&Reset layout"), {}, [this] { docks_->reset(); });
  menu->addSeparator();
  // In the order of ThemeChoice, and of reports::palettes.
  theme_group_ = add_choices(menu->addMenu(tr("&Theme")), {tr("&Automatic"), tr("&Light"), tr("&Dark")},
                             [this](int chosen) { set_theme(static_cast<ThemeChoice>(chosen)); });
  QStringList palette_titles;
  for (const reports::Palette& known : reports::palettes) palette_titles << palette_title(known);
  color_group_ = add_choices(menu->addMenu(tr("Curve c&olours")), palette_titles,
                             [this](int chosen) { set_colors(reports::palettes[static_cast<std::size_t>(chosen)]); });
}

void MainWindow::create_help_menu() {
  QMenu* menu = menuBar()->addMenu(tr("&Help"));
  add_action(menu, tr("&Commands…"), Qt::CTRL | Qt::Key_K, [this] { (new CommandPalette(*menuBar(), this))->open(); });
  add_action(menu, tr("&Mouse and keys"), QKeySequence::HelpContents, [this] { show_shortcut_sheet(this); });
  add_action(menu, tr("&About attnscope"), {}, [this] { show_about(); });
}

void MainWindow::show_about() {
  auto* box =
      new QMessageBox(QMessageBox::NoIcon, tr("About attnscope"),
                      tr("<b>attnscope %1</b><p>What every efficient-Transformer attention variant really costs.</p>")
                          .arg(QApplication::applicationVersion()),
                      QMessageBox::Close, this);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->open();
}

}  // namespace attnscope::gui::widgets
