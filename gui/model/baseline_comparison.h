// Every visible case against its counterpart in the baseline: ratio, interval and verdict, by reports/comparison.h.
#pragma once

#include <QString>
#include <vector>

#include "gui/model/baseline.h"
#include "gui/model/series.h"
#include "gui/model/view.h"
#include "reports/comparison.h"

namespace attnscope::gui::model {

struct ComparedCase {
  reports::CaseComparison comparison;  // the other side is null when the case is gone
  PointKey key;                        // of the case; of the base when it is gone
  double n = 0;
};

// Cases of one series.
struct ComparedSeries {
  Series series;  // without its points
  std::vector<ComparedCase> cases;
};

struct BaselineComparison {
  Baseline baseline;
  const Metric* metric = nullptr;        // whose ratios these are
  reports::ComparisonSettings settings;  // of its column
  std::vector<ComparedSeries> series;    // visible ones, in the order of group_series(); those of the baseline left out
  int without_counterpart = 0;           // cases that no case of the baseline variant can be compared with
};

// Empty without a baseline.
BaselineComparison compare_with_baseline(const ViewInput& input, const ViewOptions& options);

struct VerdictCount {
  reports::Verdict verdict;
  QString word;  // "faster", "slower", "same", …
  int cases = 0;
};
// Of all series, in the order of reports::Verdict; verdicts without cases are left out.
std::vector<VerdictCount> count_verdicts(const BaselineComparison& comparison);

}  // namespace attnscope::gui::model
