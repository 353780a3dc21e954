#include "gui/model/selection_hub.h"

namespace attnscope::gui::model {

void SelectionHub::set_hovered(std::optional<PointKey> key) {
  if (hovered_ == key) return;
  hovered_ = key;
  emit hovered_changed();
}

void SelectionHub::set_current(std::optional<PointKey> key) {
  if (current_ == key) return;
  current_ = key;
  emit current_changed();
}

}  // namespace attnscope::gui::model
