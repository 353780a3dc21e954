// The median that a record reports and its interval, by a method that knows which samples came from one process.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "reports/statistics.h"

namespace attnscope::reports {

struct MedianEstimate {
  double median;
  std::optional<Interval> interval;  // absent when there are too few samples for this confidence
  double correlation_time = 1;       // of one process: samples that tell as much as one independent sample
};

// `samples` in the order in which they were taken, process after process; `samples_per_process` may be empty: all from
// one. docs/figures.md gives the coverage that simulations of each method reach.
//
// One process: the median of the samples between order statistics. Successive times resemble each other, so the ranks
// lie further apart by the square root of correlation_time().
//
// Several: what varies from process to process (addresses, page placement, where threads run) is in no sample of a
// single one. The estimate is the median of the processes' medians, each process counting once. Six or more: between
// their order statistics. Fewer have no distribution-free interval: Student's t on their logarithms.
//
// Throws std::invalid_argument when samples is empty or the counts do not add up to it.
MedianEstimate estimate_median(std::span<const double> samples, std::span<const std::int64_t> samples_per_process = {},
                               double confidence = 0.95);

// Fewest independent samples, or processes, whose order statistics enclose the median with this confidence.
int least_samples(double confidence);

}  // namespace attnscope::reports
