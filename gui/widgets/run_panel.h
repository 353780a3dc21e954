// The Run dock: how far a run is, its log, and the actions that steer it. Its cases appear in all views as they arrive.
#pragma once

#include <QAction>
#include <QTimer>
#include <QWidget>

#include "gui/model/run_controller.h"
#include "gui/model/run_store.h"

class QLabel;
class QPlainTextEdit;
class QProgressBar;

namespace attnscope::gui::widgets {

class RunPanel : public QWidget {
  Q_OBJECT

 public:
  // `runs` outlives the panel.
  explicit RunPanel(model::RunStore& runs, QWidget* parent = nullptr);

  model::RunController& controller() { return controller_; }
  // Pause or continue, stop, resume: for the menu too.
  QList<QAction*> actions_of_run() const { return {pause_, stop_, resume_}; }
  // One line for the status bar: "12 of 48, 3 min left"; "" while nothing runs.
  QString summary() const;

 signals:
  void summary_changed(const QString& summary);
  void problem_found(const QString& text);

 private:
  void create_actions();
  void show_progress();

  model::RunStore& runs_;
  model::RunController controller_;
  QAction *pause_, *stop_, *resume_;
  QLabel* state_;
  QProgressBar* bar_;
  QPlainTextEdit* log_;
  QTimer clock_;  // the time left goes on between two cases
};

}  // namespace attnscope::gui::widgets
