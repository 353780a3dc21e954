// The compare view: at one length, how each case stands to its counterpart in the baseline run or variant. A pure
// function of records and settings.
#pragma once

#include <vector>

#include "gui/model/baseline_comparison.h"
#include "gui/model/view.h"

namespace attnscope::gui::model {

// One row a series, the smallest ratio at the top: the ratio to the baseline on a logarithmic axis with 1× in the
// middle, its 95 % interval, and the verdict as word, colour and marker. Cases that have no ratio (new, gone, ended
// differently) are fields that say so. What the machines and builds of the runs differ in stands before any number.
plot::PlotScene build_compare(const ViewInput& input, const ViewOptions& options);

// The options with a baseline: the chosen one, else the first run when several are loaded, else the exact variant that
// the model cards name first.
ViewOptions with_some_baseline(const ViewInput& input, ViewOptions options);

}  // namespace attnscope::gui::model
