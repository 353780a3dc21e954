#include "reports/time_columns.h"

#include <algorithm>

#include "reports/median_estimate.h"
#include "reports/statistics.h"

namespace attnscope::reports {

void fill_times(Record& record, double confidence) {
  const Summary summary = summarize(record.samples_ns, confidence);
  const MedianEstimate estimate = estimate_median(record.samples_ns, record.samples_per_process, confidence);
  record.time_median_ns = estimate.median;
  record.time_ci_lo_ns = record.time_ci_hi_ns = std::nullopt;
  if (estimate.interval) {
    record.time_ci_lo_ns = estimate.interval->lo;
    record.time_ci_hi_ns = estimate.interval->hi;
  }
  record.time_mean_ns = summary.mean;
  record.time_min_ns = summary.min;
  record.time_max_ns = summary.max;
  record.time_p05_ns = summary.p05;
  record.time_p25_ns = summary.p25;
  record.time_p75_ns = summary.p75;
  record.time_p95_ns = summary.p95;
  if (summary.count > 1) record.time_stdev_ns = summary.stdev;
  record.rel_noise = summary.rel_noise;
  record.samples = static_cast<std::int64_t>(summary.count);
  record.samples_discarded = 0;
  record.outliers_mild = static_cast<std::int64_t>(summary.outliers_mild);
  record.outliers_severe = static_cast<std::int64_t>(summary.outliers_severe);
  record.processes = std::max<std::int64_t>(1, static_cast<std::int64_t>(record.samples_per_process.size()));
}

}  // namespace attnscope::reports
