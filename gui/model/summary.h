// What is loaded and what came out of it, in one line.
#pragma once

#include <QString>

#include "gui/model/view.h"

namespace attnscope::gui::model {

struct Summary {
  QString cases;     // "2 runs, 336 of 420 cases shown, 12 failed"
  QString verdicts;  // "wall time against softmax: 41 faster, 3 slower"; "" without a baseline
};

Summary summarize(const ViewInput& input, const ViewOptions& options);

}  // namespace attnscope::gui::model
