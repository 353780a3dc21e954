// The numbers of the selected point, beside those of marked ones, and what its variant is.
#pragma once

#include <QWidget>
#include <span>

#include "gui/model/point_details.h"
#include "gui/model/session.h"

class QLabel;
class QTableWidget;

namespace attnscope::gui::widgets {

class InspectorPanel : public QWidget {
  Q_OBJECT

 public:
  explicit InspectorPanel(model::Session& session, QWidget* parent = nullptr);

 private:
  void show_current();
  void show_numbers(std::span<const model::ComparedCaseKey> cases);
  void show_card(const std::string& variant);

  model::Session& session_;
  QLabel* title_;
  QTableWidget* numbers_;
  QLabel* card_;
};

}  // namespace attnscope::gui::widgets
