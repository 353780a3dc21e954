// The survey view: the taxonomy of "Efficient Transformers: A Survey" and its Table 1 beside what the loaded runs
// measured. A pure function of cards, records and settings.
#pragma once

#include "gui/model/view.h"

namespace attnscope::gui::model {

// A row per variant that has a card, grouped by class; a column per class of the taxonomy, then the claimed complexity,
// whether it decodes, and per mode the measured exponents of time and memory over the length. A measured variant's
// cells can be chosen.
plot::PlotScene build_survey(const ViewInput& input, const ViewOptions& options);

// The variant of the row.
CellChoice survey_choice(const ViewInput& input, const plot::PlotScene& scene, PointKey key);

}  // namespace attnscope::gui::model
