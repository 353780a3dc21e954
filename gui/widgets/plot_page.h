// The open view: tabs, its toolbar, its actions and the plot, rebuilt whenever runs, filter, view or options change.
#pragma once

#include <QWidget>

#include "gui/model/session.h"
#include "gui/plot/plot_grid.h"

class QAction;
class QActionGroup;
class QTabBar;

namespace attnscope::gui::widgets {

class ViewToolBar;

class PlotPage : public QWidget {
  Q_OBJECT

 public:
  explicit PlotPage(model::Session& session, QWidget* parent = nullptr);

  // The panel in use, which is the only one unless the view is split.
  plot::PlotWidget& plot() { return plots_->active(); }
  plot::PlotGrid& plots() { return *plots_; }
  // What is shown, with the visible ranges: what an export draws.
  std::vector<plot::PlotScene> figure() const { return plots_->scenes(); }
  void set_theme(const plot::Theme& theme) { plots_->set_theme(theme); }

  // For menus. Single-key shortcuts work while the plot has the focus.
  QList<QAction*> tab_actions() const;
  QList<QAction*> metric_actions() const;
  QList<QAction*> interval_actions() const;
  QList<QAction*> view_actions() const { return view_actions_; }

 signals:
  void readout_changed(const QString& text);
  // A click in the legend on a variant's row.
  void variant_clicked(const QString& variant, bool isolate);

 private:
  QAction* add_view_action(const QString& text, const QKeySequence& key, bool checkable);
  void create_tabs();
  void create_actions();
  void connect_plot();
  void activate(model::PointKey key);
  void show_variant();
  void rebuild();
  void show_options();
  void legend_clicked(const plot::LegendRow& row, bool isolate);

  model::Session& session_;
  plot::PlotGrid* plots_;
  QTabBar* tabs_;
  ViewToolBar* bar_;
  QActionGroup* tab_group_;
  QList<QAction*> view_actions_;
  QAction *fit_ = nullptr, *log_x_ = nullptr, *log_y_ = nullptr, *grid_ = nullptr, *exponents_ = nullptr,
          *end_labels_ = nullptr, *samples_ = nullptr, *relative_ = nullptr, *crossings_ = nullptr,
          *crosshair_ = nullptr;
};

}  // namespace attnscope::gui::widgets
