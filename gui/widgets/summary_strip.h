// One line above the plot: what is loaded, what is shown, and how it stands to the baseline.
#pragma once

#include <QFrame>
#include <QTimer>

#include "gui/model/session.h"

class QLabel;

namespace attnscope::gui::widgets {

class SummaryStrip : public QFrame {
  Q_OBJECT

 public:
  explicit SummaryStrip(model::Session& session, QWidget* parent = nullptr);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void show_summary();

  model::Session& session_;
  QLabel* text_;
  QTimer soon_;  // several changes at once are summed up once
};

}  // namespace attnscope::gui::widgets
