// The views (visible ranges) of a plot that Backspace and Alt+arrows walk through.
#pragma once

#include <optional>
#include <vector>

#include "gui/plot/scale.h"

namespace attnscope::gui::plot {

struct View {
  Range x, y;
  bool operator==(const View&) const = default;
};

class ViewHistory {
 public:
  // Remembers the view that is being left. Forgets what lay ahead.
  void push(const View& left);
  // The view before or after `current`; nullopt at the end of the history.
  std::optional<View> back(const View& current);
  std::optional<View> forward(const View& current);
  void clear();

 private:
  std::vector<View> past_, future_;
};

}  // namespace attnscope::gui::plot
