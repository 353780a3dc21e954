#include "gui/model/compared_points.h"

#include <algorithm>

namespace attnscope::gui::model {

std::vector<PointKey> compared_points(const SelectionHub& selection) {
  std::vector<PointKey> keys;
  if (selection.current()) keys.push_back(*selection.current());
  for (const PointKey& key : selection.marked()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
  return keys;
}

}  // namespace attnscope::gui::model
