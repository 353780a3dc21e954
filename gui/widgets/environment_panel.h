// What the loaded runs were measured on and built with, one column a run; what they differ in stands out.
#pragma once

#include <QWidget>

#include "gui/model/session.h"

class QCheckBox;
class QLabel;
class QTableWidget;

namespace attnscope::gui::widgets {

class EnvironmentPanel : public QWidget {
  Q_OBJECT

 public:
  explicit EnvironmentPanel(model::Session& session, QWidget* parent = nullptr);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void show_runs();

  model::Session& session_;
  bool is_stale_ = true;  // filled when it is seen
  QCheckBox* differences_only_;
  QTableWidget* table_;
  QLabel* notes_;  // what the reference cases say
};

}  // namespace attnscope::gui::widgets
