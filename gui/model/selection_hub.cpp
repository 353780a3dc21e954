#include "gui/model/selection_hub.h"

namespace attnscope::gui::model {

void SelectionHub::set_hovered(std::optional<PointKey> key) {
  if (key && is_cell_key(*key)) key.reset();
  if (hovered_ == key) return;
  hovered_ = key;
  emit hovered_changed();
}

void SelectionHub::set_current(std::optional<PointKey> key) {
  if (key && is_cell_key(*key)) return;
  if (key) set_variant({});
  if (current_ == key) return;
  current_ = key;
  emit current_changed();
}

void SelectionHub::set_variant(const QString& variant) {
  if (variant_ == variant) return;
  variant_ = variant;
  if (!variant.isEmpty()) set_current(std::nullopt);
  emit variant_changed();
}

void SelectionHub::toggle_marked(const PointKey& key) {
  if (is_cell_key(key)) return;
  std::vector<PointKey> keys = marked_;
  if (std::erase(keys, key) == 0) keys.push_back(key);
  if (keys.size() > most_marked) keys.erase(keys.begin());
  set_marked(std::move(keys));
}

void SelectionHub::set_marked(std::vector<PointKey> keys) {
  if (marked_ == keys) return;
  marked_ = std::move(keys);
  emit marked_changed();
}

}  // namespace attnscope::gui::model
