#include "gui/model/baseline.h"

#include <QCoreApplication>
#include <algorithm>

#include "reports/curve.h"

namespace attnscope::gui::model {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::Baseline)
};

}  // namespace

Baseline::Baseline(std::span<const LoadedRun> runs, const ViewOptions& options)
    : run_(options.baseline_run), variant_(options.baseline_variant) {
  if (run_ == 0 && variant_.isEmpty()) return;
  for (const LoadedRun& run : runs) {
    if (run_ != 0 && run.id != run_) continue;
    if (run.id == run_) run_name_ = run.name;
    const std::string* params = nullptr;  // of the variant's first record
    for (std::size_t i = 0; i < run.run.records.size(); ++i) {
      const reports::Record& record = run.run.records[i];
      if (compares_variants()) {
        if (variant_ != QString::fromStdString(record.variant)) continue;
        if (params == nullptr) params = &record.params;
        if (*params != record.params) continue;
      }
      Counterpart& place = counterparts_[{run.id, key_of(record)}];
      if (place.record == nullptr || reports::has_measurement(record.status))
        place = {&record, {run.id, static_cast<int>(i)}};
    }
  }
}

std::string Baseline::key_of(const reports::Record& record) const {
  return compares_variants() ? reports::comparable_key(record) : record.case_key;
}

QString Baseline::name() const {
  if (!is_set()) return {};
  if (!compares_variants()) return Words::tr("run %1").arg(run_name_);
  return run_ == 0 ? variant_ : Words::tr("%1 of run %2").arg(variant_, run_name_);
}

const Baseline::Counterpart* Baseline::find(const LoadedRun& run, const reports::Record& record) const {
  if (!is_set()) return nullptr;
  const auto found = counterparts_.find({run_ == 0 ? run.id : run_, key_of(record)});
  return found == counterparts_.end() ? nullptr : &found->second;
}

bool Baseline::contains(const LoadedRun& run, const reports::Record& record) const {
  const Counterpart* counterpart = find(run, record);
  return counterpart != nullptr && counterpart->record == &record;
}

}  // namespace attnscope::gui::model
