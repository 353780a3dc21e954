#include "gui/model/baseline_comparison.h"

#include <algorithm>
#include <map>
#include <set>

namespace attnscope::gui::model {
namespace {

using reports::Verdict;

// Verdicts are those of the column; the ratio of a reciprocal is the reciprocal ratio.
reports::CaseComparison compare(const reports::Record& base, const reports::Record& other,
                                const BaselineComparison& settings) {
  reports::CaseComparison result = reports::compare_case(base, other, settings.settings);
  if (settings.metric->reciprocal_of == 0) return result;
  if (result.ratio) result.ratio = 1 / *result.ratio;
  if (result.interval) result.interval = reports::Interval{1 / result.interval->hi, 1 / result.interval->lo};
  return result;
}

// What the baseline run measured and another run did not.
void add_gone_cases(const ViewInput& input, std::span<const Series> all, BaselineComparison& result) {
  for (const LoadedRun& run : input.runs) {
    if (run.id == result.baseline.run()) continue;
    std::set<std::string> measured;
    for (const reports::Record& record : run.run.records) measured.insert(record.case_key);
    for (const Series& of_base : all) {
      if (of_base.run->id != result.baseline.run() || !of_base.visible) continue;
      ComparedSeries gone{of_base, {}};
      gone.series.points.clear();
      for (const SeriesPoint& point : of_base.points) {
        if (measured.contains(point.record->case_key)) continue;
        gone.cases.push_back({{.case_key = point.record->case_key,
                               .base = point.record,
                               .verdict = Verdict::gone,
                               .reason = "not in run " + run.name.toStdString()},
                              point.key,
                              point.n});
      }
      if (!gone.cases.empty()) result.series.push_back(std::move(gone));
    }
  }
}

}  // namespace

BaselineComparison compare_with_baseline(const ViewInput& input, const ViewOptions& options) {
  BaselineComparison result;
  result.baseline = Baseline(input.runs, options);
  result.metric = options.metric;
  result.settings.metric = reports::find_column(options.metric->column);
  if (!result.baseline.is_set()) return result;
  const std::vector<Series> all = group_series(input.runs, input.visibility);
  for (const Series& series : all) {
    if (!series.visible) continue;
    ComparedSeries compared{series, {}};
    compared.series.points.clear();
    for (const SeriesPoint& point : series.points) {
      const Baseline::Counterpart* base = result.baseline.find(*series.run, *point.record);
      if (base != nullptr && base->record == point.record) continue;
      if (base != nullptr) {
        compared.cases.push_back({compare(*base->record, *point.record, result), point.key, point.n});
      } else if (result.baseline.compares_variants()) {
        ++result.without_counterpart;
      } else if (series.run->id != result.baseline.run()) {
        compared.cases.push_back(
            {{.case_key = point.record->case_key, .other = point.record, .verdict = Verdict::added},
             point.key,
             point.n});
      }
    }
    if (!compared.cases.empty()) result.series.push_back(std::move(compared));
  }
  if (!result.baseline.compares_variants()) add_gone_cases(input, all, result);
  return result;
}

std::vector<VerdictCount> count_verdicts(const BaselineComparison& comparison) {
  std::map<Verdict, int> count;
  for (const ComparedSeries& series : comparison.series) {
    for (const ComparedCase& c : series.cases) ++count[c.comparison.verdict];
  }
  std::vector<VerdictCount> result;
  for (const auto& [verdict, cases] : count) {
    const std::string_view word = reports::to_string(verdict, *comparison.settings.metric);
    result.push_back({verdict, QString::fromUtf8(word.data(), static_cast<qsizetype>(word.size())), cases});
  }
  return result;
}

}  // namespace attnscope::gui::model
