// Problems, shown above the plot without stopping anyone: what, where, why. Closed by hand.
#pragma once

#include <QFrame>
#include <QList>

#include "gui/model/run_store.h"

class QLabel;

namespace attnscope::gui::widgets {

class MessageBar : public QFrame {
  Q_OBJECT

 public:
  explicit MessageBar(QWidget* parent = nullptr);

  void show_problems(const QList<model::LoadProblem>& problems);
  void show_message(const QString& message);
  QString text() const;

 private:
  QLabel* label_;
};

}  // namespace attnscope::gui::widgets
