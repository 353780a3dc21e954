// All pairs of variants: from which length on the row is cheaper than the column.
#pragma once

#include <QStringList>
#include <vector>

#include "gui/model/view.h"

namespace attnscope::gui::model {

// Pairs of the visible series that can be compared: of several styles (modes, data types, masks …) the one that most
// series have, the others are named in the caption.
class CrossoverMatrix {
 public:
  CrossoverMatrix(const ViewInput& input, const ViewOptions& options);

  plot::PlotScene scene() const;

 private:
  // Whether any pair ends by one dropping out.
  bool add_cells(plot::PlotScene& scene) const;
  QString caption(bool has_dropouts) const;

  const ViewOptions& options_;
  QStringList pair_;            // the chosen one
  std::vector<Series> series_;  // rows from the top, columns from the left
  QStringList other_styles_;
};

}  // namespace attnscope::gui::model
