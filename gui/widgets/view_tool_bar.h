// The choices of the open view: metric, the metric against it, the axis it runs along, panels, length, baseline,
// interval. Only the ones that the view heeds are shown.
#pragma once

#include <QList>
#include <QToolBar>

#include "gui/model/session.h"

class QActionGroup;
class QComboBox;

namespace attnscope::gui::widgets {

class ViewToolBar : public QToolBar {
  Q_OBJECT

 public:
  explicit ViewToolBar(model::Session& session, QWidget* parent = nullptr);

  // For menus; in the order of model::metrics() and of the interval styles.
  QList<QAction*> metric_actions() const;
  QList<QAction*> interval_actions() const;
  void show_next_interval();

 private:
  void create_groups();
  // A box as wide as `letters`.
  QComboBox* add_box(const QString& label, const QString& name, bool model::ViewControls::*heeded, int letters);
  void connect_boxes();
  // Lets `how` change a copy of the options, then puts it in force.
  template <typename Change>
  void change(Change how);
  void fill_choices();  // lengths and baselines that the runs have
  void enable_metrics();
  void show_options();

  struct Control {
    QList<QAction*> shown;  // label and box
    bool model::ViewControls::*heeded;
  };

  model::Session& session_;
  QList<Control> controls_;
  QActionGroup *metric_group_, *interval_group_;
  QComboBox *metric_ = nullptr, *against_ = nullptr, *over_ = nullptr, *split_ = nullptr, *length_ = nullptr,
            *baseline_ = nullptr, *interval_ = nullptr;
};

}  // namespace attnscope::gui::widgets
