// The samples behind a median, of one case or of a few side by side.
#pragma once

#include <QString>
#include <span>
#include <vector>

#include "gui/plot/scene.h"
#include "reports/record.h"

namespace attnscope::gui::model {

enum class SampleStyle {
  distribution,  // share of samples that took no longer: an empirical distribution function
  strip,         // every sample on a line of its case
  run_order,     // time of each sample as they were taken
};

struct SampledCase {
  QString name;
  const reports::Record* record;  // outlives the call
  int slot = 0;
};

// Medians are marked. Cases without samples are named in the caption.
plot::PlotScene build_samples(std::span<const SampledCase> cases, SampleStyle style);

}  // namespace attnscope::gui::model
