// A main window with one synthetic run, for driven tests: derive the test class from it.
#pragma once

#include <QAction>
#include <QSettings>
#include <QTemporaryDir>
#include <memory>

#include "gui/widgets/file_chooser.h"
#include "gui/widgets/main_window.h"
#include "gui/widgets/plot_page.h"
#include "tests/gui/gui_test.h"

namespace attnscope::gui::testing {

// Answers in place of file dialogs.
class PlannedAnswers : public widgets::FileChooser {
 public:
  QStringList runs_to_open(QWidget*) override { return runs; }
  QString folder_to_open(QWidget*) override { return folder; }
  QString file_to_save(QWidget*, const QString&, const QStringList&) override { return saved; }
  QStringList runs;
  QString folder, saved;
};

class WindowFixture : public QObject {
 public:
  WindowFixture();  // writes run.jsonl: six variants, two modes, 84 cases

  QString file(const char* name) const { return folder_.filePath(QLatin1String(name)); }
  QString run_path() const { return file("run.jsonl"); }
  // A second run: the same cases, `factor` times as slow.
  QString write_slower_run(double factor);

  void open_empty_window();  // keeps the settings of the window before
  void open_window();        // with fresh settings and run.jsonl loaded
  void close_window();

  plot::PlotWidget& plot() { return window_->page().plot(); }
  template <typename T>
  T* child(const char* name) {
    return window_->findChild<T*>(QLatin1String(name));
  }
  // By its text without the mnemonic; nullptr when there is none.
  QAction* action(const QString& text) const;
  int visible_curves();

 protected:
  QTemporaryDir folder_;
  PlannedAnswers files_;
  std::unique_ptr<QSettings> settings_;
  std::unique_ptr<model::Session> session_;
  std::unique_ptr<widgets::MainWindow> window_;
};

}  // namespace attnscope::gui::testing
