// A whole run seen as curves: per setting (everything equal but variant, its hyper-parameters and the mask) how each
// variant grows, where it overtakes exact attention, and which are worth their cost.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reports/crossover.h"
#include "reports/curve.h"
#include "reports/pareto.h"
#include "reports/scaling.h"

namespace attnscope::reports {

struct SeriesAnalysis {
  std::string
      label;  // the variant, and what tells it from others of the setting: "longformer window=64", "softmax causal"
  const Record* first = nullptr;  // any of its records
  Curve time, memory, flops;
  ScalingOutcome time_scaling, memory_scaling, flops_scaling;
};

// From which length on a series is cheaper than an exact one with the same mask.
struct CrossoverAnalysis {
  std::size_t series = 0, baseline = 0;  // indices into Setting::series
  Crossover time, memory;
  std::optional<FittedCrossing> efficiency_length;  // of the time, by CAB's fit
};

struct Setting {
  std::string title;  // "forward, core, f32, cpu, 2 threads, batch 1, heads 8, head_dim 64"
  std::vector<SeriesAnalysis> series;
  std::vector<CrossoverAnalysis> crossovers;
  // Time against peak memory at the longest of the lengths that most series have. Indices are into pareto_records.
  std::int64_t pareto_n = 0;
  std::vector<Record> pareto_records;
  std::vector<std::string> pareto_labels;
  ParetoFront pareto;
};

// Settings and series in order of appearance. The records must outlive the result.
std::vector<Setting> analyze_settings(std::span<const Record> records);

}  // namespace attnscope::reports
