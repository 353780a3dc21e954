// The window: docks, menus, and what connects the panels. Each panel wires itself to the session.
#pragma once

#include <QMainWindow>
#include <functional>
#include <optional>

#include "gui/model/session.h"
#include "gui/model/workspace.h"
#include "gui/plot/exporter.h"
#include "gui/widgets/app_theme.h"

class QAction;
class QActionGroup;
class QMenu;
class QSettings;
class QStackedWidget;

namespace attnscope::gui::widgets {

class DockSet;
class ExportDialog;
class FileChooser;
class FilterPanel;
class InspectorPanel;
class MessageBar;
class PlotPage;
class ResultsPanel;
class RunDialog;
class RunPanel;
class SamplesPanel;
class StartPage;
class SummaryStrip;

class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  // All three outlive the window.
  MainWindow(model::Session& session, FileChooser& files, QSettings& settings);
  ~MainWindow() override;

  // Begins to load them: RunStore::loading_finished() says when they are there.
  void open(const QStringList& paths);
  // Likewise, and compares everything with the first of them.
  void open_as_baseline(const QStringList& paths);
  // Everything but the runs' content: which runs, filter, baseline, view, zoom, notes. A failure goes to the message
  // bar. Large runs are hashed beside the window: the file appears when that is done.
  void save_workspace(const QString& path);
  // Writes the figure (png, svg, pdf) or its data (csv) as the path's suffix says; a failure goes to the message bar.
  bool export_to(const QString& path, plot::Figure figure, const plot::ExportOptions& options);
  void set_theme(ThemeChoice choice);
  void set_colors(const reports::Palette& colors);  // of curves
  void show_message(const QString& text);           // in the bar above the plot
  PlotPage& page() { return *page_; }

 protected:
  void changeEvent(QEvent* event) override;
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void create_docks();
  void create_menus();
  void create_file_menu();
  void create_edit_menu();
  void create_view_menu();
  void create_run_menu();
  void create_help_menu();
  QAction* add_action(QMenu* menu, const QString& text, const QKeySequence& key, std::function<void()> run);
  // Of these, one is checked; `choose` is called with the place of the one that is clicked.
  QActionGroup* add_choices(QMenu* menu, const QStringList& names, std::function<void(int)> choose);
  void connect_session();
  void follow_palette();
  void show_loaded();
  void adopt_awaited_baseline();
  void open_workspace(const QString& path);
  void adopt_awaited_workspace();
  void write_workspace(const model::Workspace& workspace, const QString& path);
  void ask_to_save_workspace();
  void remember_recent(const QString& path);
  void show_recent();
  void ask_for_export();
  void ask_for_csv();
  void export_all_views(const QString& path, const ExportDialog& dialog);
  void copy_picture();
  void connect_run_panel();
  void show_run_dialog();
  void copy_data();
  void show_about();

  model::Session& session_;
  FileChooser& files_;
  QSettings& settings_;
  MessageBar* messages_;
  QStackedWidget* pages_;
  StartPage* start_;
  PlotPage* page_;
  SummaryStrip* summary_;
  FilterPanel* filter_ = nullptr;
  InspectorPanel* inspector_ = nullptr;
  ResultsPanel* results_ = nullptr;
  RunPanel* run_ = nullptr;
  RunDialog* run_dialog_ = nullptr;  // keeps what was chosen last
  SamplesPanel* samples_ = nullptr;
  DockSet* docks_;
  QList<QAction*> needs_runs_;      // enabled while runs are loaded
  QList<QAction*> figure_actions_;  // of the plot's menu
  QMenu* recent_menu_ = nullptr;
  QAction* summary_wanted_ = nullptr;
  model::FileHasher* opened_hashes_;                   // of the runs of the workspace that was opened last
  model::FileHasher* saved_hashes_;                    // of those being saved
  std::optional<model::Workspace> awaited_workspace_;  // whose runs are being loaded
  QString workspace_path_;                             // that was opened or saved last; "": none
  QString awaited_baseline_;                           // path of a run, or of a folder, that is being loaded; "": none
  QActionGroup* theme_group_ = nullptr;
  QActionGroup* color_group_ = nullptr;
  const reports::Palette* colors_ = &reports::default_palette;
};

}  // namespace attnscope::gui::widgets
