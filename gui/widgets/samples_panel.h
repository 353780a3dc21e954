// The samples behind the selected point and the marked ones: distribution, strips, run order.
#pragma once

#include <QWidget>

#include "gui/model/session.h"
#include "gui/plot/plot_widget.h"

class QComboBox;

namespace attnscope::gui::widgets {

class SamplesPanel : public QWidget {
  Q_OBJECT

 public:
  explicit SamplesPanel(model::Session& session, QWidget* parent = nullptr);

  void set_theme(const plot::Theme& theme) { plot_->set_theme(theme); }
  plot::PlotWidget& plot() { return *plot_; }

 private:
  void rebuild();

  model::Session& session_;
  QComboBox* style_;
  plot::PlotWidget* plot_;
};

}  // namespace attnscope::gui::widgets
