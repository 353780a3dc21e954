// The numbers of the selected point.
#pragma once

#include <QWidget>

#include "gui/model/session.h"

class QLabel;
class QTableWidget;

namespace attnscope::gui::widgets {

class InspectorPanel : public QWidget {
  Q_OBJECT

 public:
  explicit InspectorPanel(model::Session& session, QWidget* parent = nullptr);

 private:
  void show_current();

  model::Session& session_;
  QLabel* title_;
  QTableWidget* numbers_;
};

}  // namespace attnscope::gui::widgets
