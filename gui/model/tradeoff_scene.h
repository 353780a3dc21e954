// The tradeoff view: cost over sequence length, one curve per series. A pure function of records and settings.
#pragma once

#include <span>

#include "gui/model/filter_state.h"
#include "gui/model/metric.h"
#include "gui/model/run_store.h"
#include "gui/model/style_book.h"
#include "gui/plot/scene.h"

namespace attnscope::gui::model {

// What the band around a median means.
enum class IntervalSource {
  confidence,  // 95 % interval of the median
  spread,      // 5th to 95th percentile of the samples
};

struct TradeoffOptions {
  const Metric* metric = &metrics().front();
  plot::IntervalStyle intervals = plot::IntervalStyle::band;
  IntervalSource source = IntervalSource::confidence;
  plot::Scale x_scale = plot::Scale::log2;
  bool linear_y = false;  // else the metric's own scale
  bool fits = true;       // exponents in the legend
  bool end_labels = false;
  bool grid = true;
};

// Cases with a value become points (hollow when the status says that it is not precise), cases that failed become marks
// at their length; unsupported, excluded and interrupted ones are in the table only.
plot::PlotScene build_tradeoff(std::span<const LoadedRun> runs, const Visibility& visibility, const StyleBook& styles,
                               const TradeoffOptions& options);

// True for oom, oom_predicted, timeout, crashed and wrong.
bool is_failure(reports::Status status);

}  // namespace attnscope::gui::model
