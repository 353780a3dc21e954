// Asks what to run. Everything on offer comes from the program that will run it; what it would do is shown as a command
// line and as a number of cases before it starts.
#pragma once

#include <QDialog>

#include "gui/model/plan_preview.h"
#include "gui/model/run_catalogue.h"
#include "gui/model/run_request.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QTabWidget;
class QVBoxLayout;

namespace attnscope::gui::widgets {

class AxisEditor;
class FileChooser;
class ValueTable;
class VariantChooser;

class RunDialog : public QDialog {
  Q_OBJECT

 public:
  // `program` is the path of attnscope, "" when there is none. `files` outlives the dialog.
  RunDialog(const QString& program, FileChooser& files, QWidget* parent = nullptr);

  const QString& program() const { return program_; }
  model::RunRequest request() const;
  QString command_line() const;

 signals:
  void run_requested(const attnscope::gui::model::RunRequest& request);
  void ready();  // filled in

 private:
  void create_sweep_page();
  void create_bottom(QVBoxLayout& column);
  void fill();
  void follow_edits();
  void show_problems();
  void show_parameters();
  void show_plan(const QString& text, bool can_run);
  QStringList chosen(const QString& axis) const;

  QString program_;
  FileChooser& files_;
  model::CatalogueReader reader_;
  model::PlanPreview preview_;
  QWidget* choices_;
  QComboBox* presets_;
  VariantChooser* variants_;
  QTabWidget* tabs_;
  QWidget* sweep_page_;
  QList<AxisEditor*> axes_;
  QList<QLineEdit*> extras_;  // as the catalogue's
  ValueTable *parameters_, *settings_;
  QLineEdit *where_, *output_;
  QCheckBox* profile_;
  QComboBox* existing_;
  QLabel* plan_;
  QPlainTextEdit* command_;
  QPushButton* run_;
};

}  // namespace attnscope::gui::widgets
