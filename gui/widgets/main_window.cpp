#include "gui/widgets/main_window.h"

#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QIcon>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QVBoxLayout>

#include "gui/widgets/advisor_panel.h"
#include "gui/widgets/dock_set.h"
#include "gui/widgets/environment_panel.h"
#include "gui/widgets/file_chooser.h"
#include "gui/widgets/filter_chip_bar.h"
#include "gui/widgets/filter_panel.h"
#include "gui/widgets/inspector_panel.h"
#include "gui/widgets/loading_indicator.h"
#include "gui/widgets/message_bar.h"
#include "gui/widgets/plot_menu.h"
#include "gui/widgets/plot_page.h"
#include "gui/widgets/results_panel.h"
#include "gui/widgets/run_panel.h"
#include "gui/widgets/samples_panel.h"
#include "gui/widgets/start_page.h"
#include "gui/widgets/summary_strip.h"
#include "gui/widgets/window_settings.h"

namespace attnscope::gui::widgets {

MainWindow::MainWindow(model::Session& session, FileChooser& files, QSettings& settings)
    : session_(session),
      files_(files),
      settings_(settings),
      messages_(new MessageBar(this)),
      pages_(new QStackedWidget(this)),
      start_(new StartPage(this)),
      page_(new PlotPage(session, this)),
      summary_(new SummaryStrip(session, this)),
      docks_(new DockSet(*this)),
      opened_hashes_(new model::FileHasher(session.runs.worker(), this)),
      saved_hashes_(new model::FileHasher(session.runs.worker(), this)) {
  setObjectName(QStringLiteral("mainWindow"));
  setWindowTitle(tr("attnscope"));
  setWindowIcon(QIcon(QStringLiteral(":/attnscope/icon/attnscope-gui.svg")));
  setAcceptDrops(true);
  resize(1280, 820);
  pages_->addWidget(start_);
  pages_->addWidget(page_);
  auto* centre = new QWidget(this);
  auto* layout = new QVBoxLayout(centre);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(messages_);
  layout->addWidget(summary_);
  layout->addWidget(pages_, 1);
  setCentralWidget(centre);
  statusBar()->setSizeGripEnabled(false);
  statusBar()->addPermanentWidget(new LoadingIndicator(session_.runs, this));
  statusBar()->addPermanentWidget(new FilterChipBar(session_.filter, this));

  create_docks();
  create_menus();
  connect_session();
  docks_->remember_default();
  docks_->restore(settings_);
  session_.view.set_options(restore_options(settings_));
  set_colors(restore_palette(settings_));
  set_theme(restore_theme(settings_));
  show_recent();
  show_loaded();
}

MainWindow::~MainWindow() = default;

// A dock is one line here.
void MainWindow::create_docks() {
  filter_ = new FilterPanel(session_, this);
  inspector_ = new InspectorPanel(session_, this);
  results_ = new ResultsPanel(session_, this);
  samples_ = new SamplesPanel(session_, this);
  QDockWidget* filter = docks_->add({tr("Filter"), QStringLiteral("filterDock"), Qt::LeftDockWidgetArea}, filter_);
  QDockWidget* inspector =
      docks_->add({tr("Inspector"), QStringLiteral("inspectorDock"), Qt::RightDockWidgetArea}, inspector_);
  QDockWidget* results =
      docks_->add({tr("Results"), QStringLiteral("resultsDock"), Qt::BottomDockWidgetArea}, results_);
  docks_->add({tr("Advisor"), QStringLiteral("advisorDock"), Qt::RightDockWidgetArea, false,
               QStringLiteral("inspectorDock"), Qt::CTRL | Qt::Key_D},
              new AdvisorPanel(session_, this));
  run_ = new RunPanel(session_.runs, this);
  docks_->add({tr("Run"), QStringLiteral("runDock"), Qt::BottomDockWidgetArea, false, QStringLiteral("resultsDock")},
              run_);
  connect_run_panel();
  docks_->add({tr("Samples"), QStringLiteral("samplesDock"), Qt::RightDockWidgetArea, false,
               QStringLiteral("inspectorDock"), Qt::CTRL | Qt::SHIFT | Qt::Key_D},
              samples_);
  docks_->add({tr("Environment"), QStringLiteral("environmentDock"), Qt::RightDockWidgetArea, false,
               QStringLiteral("inspectorDock"), Qt::CTRL | Qt::SHIFT | Qt::Key_V},
              new EnvironmentPanel(session_, this));
  resizeDocks({filter, inspector}, {200, 300}, Qt::Horizontal);
  resizeDocks({results}, {200}, Qt::Vertical);
}

void MainWindow::connect_session() {
  connect(start_, &StartPage::open_requested, this, [this] { open(files_.runs_to_open(this)); });
  connect(start_, &StartPage::open_folder_requested, this, [this] { open({files_.folder_to_open(this)}); });
  connect(start_, &StartPage::run_requested, this, &MainWindow::show_run_dialog);
  connect(start_, &StartPage::path_requested, this, [this](const QString& path) { open({path}); });
  connect(&session_.runs, &model::RunStore::runs_changed, this, &MainWindow::show_loaded);
  connect(&session_.runs, &model::RunStore::loading_finished, this, &MainWindow::adopt_awaited_workspace);
  connect(&session_.runs, &model::RunStore::problems_found, messages_, &MessageBar::show_problems);
  connect(page_, &PlotPage::readout_changed, this, [this](const QString& text) { statusBar()->showMessage(text); });
  connect(&session_.view, &model::ViewState::changed, this,
          [this] { save_options(settings_, session_.view.options()); });
  plot::PlotGrid& plots = page_->plots();
  plots.setContextMenuPolicy(Qt::CustomContextMenu);  // panels leave it to the grid
  connect(&plots, &QWidget::customContextMenuRequested, this, [this, &plots](QPoint at) {
    plot::PlotWidget& plot = page_->plot();
    auto* menu = new PlotMenu(session_, filter_->facets(), plot, plot.mapFrom(&plots, at), figure_actions_, this);
    menu->popup(plots.mapToGlobal(at));
  });
  connect(page_, &PlotPage::variant_clicked, this, [this](const QString& variant, bool isolate) {
    model::FilterState& filter = session_.filter;
    if (isolate) {
      session_.history.undo();  // the first click of the double click has toggled it
      filter_->facets().isolate(model::Facet::variant, variant);
    } else {
      filter.set_hidden(model::Facet::variant, variant, !filter.is_hidden(model::Facet::variant, variant));
    }
  });
}

void MainWindow::show_loaded() {
  const bool loaded = !session_.runs.is_empty();
  adopt_awaited_baseline();
  summary_->setVisible(loaded && summary_wanted_->isChecked());
  pages_->setCurrentWidget(loaded ? static_cast<QWidget*>(page_) : start_);
  for (QAction* action : std::as_const(needs_runs_)) action->setEnabled(loaded);
  std::size_t cases = 0;
  QStringList names;
  for (const model::LoadedRun& run : session_.runs.runs()) {
    cases += run.run.records.size();
    names << run.name;
  }
  setWindowTitle(loaded ? tr("%1 (%2 cases) – attnscope").arg(names.join(QStringLiteral(", "))).arg(cases)
                        : tr("attnscope"));
}

void MainWindow::set_theme(ThemeChoice choice) {
  theme_group_->actions().at(static_cast<int>(choice))->setChecked(true);
  apply_theme(choice);
  save_theme(settings_, choice);
  follow_palette();
}

void MainWindow::set_colors(const reports::Palette& colors) {
  colors_ = &colors;
  color_group_->actions().at(static_cast<int>(colors_ - reports::palettes.data()))->setChecked(true);
  save_palette(settings_, colors);
  follow_palette();
}

void MainWindow::show_message(const QString& text) { messages_->show_message(text); }

void MainWindow::follow_palette() {
  const plot::Theme theme = plot_theme_for(QApplication::palette(), *colors_);
  page_->set_theme(theme);
  samples_->set_theme(theme);
  filter_->set_theme(theme);
}

void MainWindow::changeEvent(QEvent* event) {
  QMainWindow::changeEvent(event);
  // The desktop may turn dark while the window is open.
  if (event->type() == QEvent::PaletteChange && filter_) follow_palette();
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (saved_hashes_->is_busy()) saved_hashes_->wait();
  docks_->set_all_hidden(false);
  docks_->save(settings_);
  QMainWindow::closeEvent(event);
}

}  // namespace attnscope::gui::widgets
