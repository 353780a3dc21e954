// The advisor: what is asked above, which variants answer it below, the fastest first.
#pragma once

#include <QWidget>

#include "gui/model/advice_request.h"
#include "gui/model/session.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QTreeWidget;
class QTreeWidgetItem;

namespace attnscope::gui::widgets {

class AdvisorPanel : public QWidget {
  Q_OBJECT

 public:
  explicit AdvisorPanel(model::Session& session, QWidget* parent = nullptr);

  model::AdviceRequest& request() { return request_; }
  void focus_question();

 private:
  void create_question();
  void create_answer();
  void fill_choices();
  void ask();
  void show_answer(const model::AdvisorAnswer& answer);
  QTreeWidgetItem* ranked_item(const model::AdvisorEntry& entry) const;
  void highlight(QTreeWidgetItem* item);
  void show_alone(QTreeWidgetItem* item);

  model::Session& session_;
  model::AdviceRequest request_;
  QLineEdit *length_ = nullptr, *memory_ = nullptr;
  QComboBox *mode_ = nullptr, *device_ = nullptr, *dtype_ = nullptr;
  QCheckBox* causal_ = nullptr;
  QLabel *headline_ = nullptr, *origin_ = nullptr;
  QTreeWidget* answer_ = nullptr;
};

}  // namespace attnscope::gui::widgets
