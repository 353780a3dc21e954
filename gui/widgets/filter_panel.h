// The text filter and the tree of what can be switched on and off.
#pragma once

#include <QWidget>
#include <optional>

#include "gui/model/facet_model.h"
#include "gui/model/session.h"

class QLabel;
class QLineEdit;
class QTreeView;

namespace attnscope::gui::widgets {

class FilterPanel : public QWidget {
  Q_OBJECT

 public:
  explicit FilterPanel(model::Session& session, QWidget* parent = nullptr);

  void focus_search();
  void set_theme(const plot::Theme& theme) { facets_->set_theme(theme); }
  model::FacetModel& facets() { return *facets_; }

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void show_state();
  std::optional<model::PointKey> first_case_of(const QString& variant) const;

  model::Session& session_;
  model::FacetModel* facets_;
  QLineEdit* search_;
  QLabel* error_;
  QTreeView* tree_;
};

}  // namespace attnscope::gui::widgets
