// Which point is hovered and which is selected, for all views at once.
#pragma once

#include <QObject>
#include <optional>

#include "gui/model/run_store.h"

namespace attnscope::gui::model {

class SelectionHub : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  std::optional<PointKey> hovered() const { return hovered_; }
  std::optional<PointKey> current() const { return current_; }

  // Each signals only when something changes, so that views may set what they were told without echoes.
  void set_hovered(std::optional<PointKey> key);
  void set_current(std::optional<PointKey> key);

 signals:
  void hovered_changed();
  void current_changed();

 private:
  std::optional<PointKey> hovered_, current_;
};

}  // namespace attnscope::gui::model
