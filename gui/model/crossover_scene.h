// The crossover view: from which length on one variant is cheaper than another. A pure function of records and
// settings.
#pragma once

#include "gui/model/view.h"

namespace attnscope::gui::model {

// Without a baseline variant a matrix of all pairs, also of those beside a chosen one, which is framed: where the row
// is cheaper than the column. With one, a row for each series: the lengths at which it is cheaper than the baseline,
// every crossing with its 95 % interval, and hollow ones that fitted models promise beyond the measured lengths.
plot::PlotScene build_crossover(const ViewInput& input, const ViewOptions& options);

// A cell of the matrix stands for the pair of its row and its column.
CellChoice crossover_choice(const ViewInput& input, const plot::PlotScene& scene, PointKey key);

}  // namespace attnscope::gui::model
