// What a right click in a plot offers.
#pragma once

#include <QMenu>
#include <QPointF>

#include "gui/model/facet_model.h"
#include "gui/model/session.h"
#include "gui/plot/plot_widget.h"

namespace attnscope::gui::widgets {

class PlotMenu : public QMenu {
  Q_OBJECT

 public:
  // Of the point under the pointer, else the selected one. `figure` are the actions that concern the whole plot.
  PlotMenu(model::Session& session, model::FacetModel& facets, plot::PlotWidget& plot, QPoint at,
           const QList<QAction*>& figure, QWidget* window);

 private:
  void add_point(model::PointKey key);
  void add_notes(QPointF at);
  void ask_for_note(QPointF at);

  model::Session& session_;
  model::FacetModel& facets_;
  QString place_;
  QWidget* window_;
};

}  // namespace attnscope::gui::widgets
