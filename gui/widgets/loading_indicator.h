// In the status bar while runs are read: how far, and a button that stops it. Hidden otherwise.
#pragma once

#include <QWidget>

#include "gui/model/run_store.h"

class QProgressBar;

namespace attnscope::gui::widgets {

class LoadingIndicator : public QWidget {
  Q_OBJECT

 public:
  explicit LoadingIndicator(model::RunStore& runs, QWidget* parent = nullptr);

 private:
  QProgressBar* bar_;
};

}  // namespace attnscope::gui::widgets
