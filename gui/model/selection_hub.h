// Which point is hovered, which point or variant is selected and which points are marked for comparing, for all views
// at once.
#pragma once

#include <QObject>
#include <QString>
#include <optional>
#include <vector>

#include "gui/model/run_store.h"

namespace attnscope::gui::model {

class SelectionHub : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  std::optional<PointKey> hovered() const { return hovered_; }
  std::optional<PointKey> current() const { return current_; }
  // In the order of marking; at most `most_marked`.
  const std::vector<PointKey>& marked() const { return marked_; }
  static constexpr std::size_t most_marked = 5;

  // Selected as a whole, without a case of it; "" for none. A case takes its place and the other way round.
  const QString& variant() const { return variant_; }

  // A cell's key selects nothing: what it stands for the view knows that has the cell.
  // Each signals only when something changes, so that views may set what they were told without echoes.
  void set_hovered(std::optional<PointKey> key);
  void set_current(std::optional<PointKey> key);
  void set_variant(const QString& variant);
  // Marks the point, or unmarks it; beyond the most that fit side by side the oldest mark goes.
  void toggle_marked(const PointKey& key);
  void set_marked(std::vector<PointKey> keys);

 signals:
  void hovered_changed();
  void current_changed();
  void marked_changed();
  void variant_changed();

 private:
  std::optional<PointKey> hovered_, current_;
  QString variant_;
  std::vector<PointKey> marked_;
};

}  // namespace attnscope::gui::model
