#include "gui/model/summary.h"

#include <QCoreApplication>
#include <QStringList>

#include "gui/model/baseline_comparison.h"

namespace attnscope::gui::model {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::Summary)
};

bool has_failed(reports::Status status) {
  using reports::Status;
  return !reports::has_measurement(status) && status != Status::unsupported && status != Status::excluded;
}

QString cases_text(const ViewInput& input) {
  std::size_t all = 0, shown = 0, failed = 0;
  for (const LoadedRun& run : input.runs) {
    for (const reports::Record& record : run.run.records) {
      ++all;
      if (!input.visibility.shows(run, record)) continue;
      ++shown;
      failed += has_failed(record.status);
    }
  }
  const auto runs = input.runs.size();
  QStringList parts{
      runs == 1 ? Words::tr("1 run") : Words::tr("%1 runs").arg(runs),
      shown == all ? Words::tr("%1 cases").arg(all) : Words::tr("%1 of %2 cases shown").arg(shown).arg(all)};
  if (failed > 0) parts << Words::tr("%1 failed").arg(failed);
  return parts.join(QStringLiteral(", "));
}

QString verdicts_text(const ViewInput& input, const ViewOptions& options) {
  const BaselineComparison comparison = compare_with_baseline(input, options);
  if (!comparison.baseline.is_set()) return {};
  QStringList parts;
  for (const VerdictCount& count : count_verdicts(comparison))
    parts << QStringLiteral("%1 %2").arg(count.cases).arg(count.word);
  if (parts.isEmpty()) parts << Words::tr("nothing to compare");
  return Words::tr("%1 against %2: %3")
      .arg(QCoreApplication::translate("Metric", options.metric->label), comparison.baseline.name(),
           parts.join(QStringLiteral(", ")));
}

}  // namespace

Summary summarize(const ViewInput& input, const ViewOptions& options) {
  return {cases_text(input), verdicts_text(input, options)};
}

}  // namespace attnscope::gui::model
