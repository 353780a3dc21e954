// The filter in force as buttons in the status bar; each takes its piece away.
#pragma once

#include <QWidget>

#include "gui/model/filter_state.h"

class QHBoxLayout;

namespace attnscope::gui::widgets {

class FilterChipBar : public QWidget {
  Q_OBJECT

 public:
  explicit FilterChipBar(model::FilterState& filter, QWidget* parent = nullptr);

 private:
  void show_chips();

  model::FilterState& filter_;
  QHBoxLayout* row_;
};

}  // namespace attnscope::gui::widgets
