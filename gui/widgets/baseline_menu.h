// What everything is compared with: nothing, one of the loaded runs, or a variant.
#pragma once

#include <QMenu>

#include "gui/model/session.h"

namespace attnscope::gui::widgets {

class BaselineMenu : public QMenu {
  Q_OBJECT

 public:
  explicit BaselineMenu(model::Session& session, QWidget* parent = nullptr);

 private:
  void fill();
  QAction* add_choice(const QString& text, int run, const QString& variant);

  model::Session& session_;
};

// Puts a baseline in force, undoably.
void choose_baseline(model::Session& session, int run, const QString& variant);

}  // namespace attnscope::gui::widgets
