// The table of results: same filter and same selection as the plot.
#pragma once

#include <QWidget>

#include "gui/model/results_table_model.h"
#include "gui/model/session.h"

class QTableView;

namespace attnscope::gui::widgets {

class ResultsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit ResultsPanel(model::Session& session, QWidget* parent = nullptr);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void follow_selection();
  void show_columns();

  model::Session& session_;
  model::ResultsTableModel* rows_;
  model::ResultsProxyModel* proxy_;
  QTableView* table_;
  bool is_following_ = false;  // the selection moved the table, not the user
};

}  // namespace attnscope::gui::widgets
