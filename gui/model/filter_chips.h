// What a filter leaves out, in pieces that can be taken away one by one.
#pragma once

#include <QString>
#include <vector>

#include "gui/model/filter_state.h"

namespace attnscope::gui::model {

struct FilterChip {
  QString text;         // "n:>=4k", "without linformer, performer"
  QString explanation;  // what taking it away does
  FilterValue without;  // the filter when it is taken away
};

// In the order of the text, then the chosen pair, then of the facets. Terms of the text that belong together
// (alternatives, parentheses) stay in one piece.
std::vector<FilterChip> filter_chips(const FilterValue& value);

}  // namespace attnscope::gui::model
