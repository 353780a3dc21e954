// What a case is compared with: the same case of the baseline run, or the baseline variant in the same setting.
#pragma once

#include <QString>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gui/model/run_store.h"
#include "gui/model/view_options.h"
#include "reports/comparison.h"

namespace attnscope::gui::model {

// Reads `baseline_run` and `baseline_variant` of the options. With a run, the counterpart of a case is the case of the
// same case_key in that run. With a variant, it is the case of that variant that has every other axis in common: mode,
// mask, data type, device, threads, shape, length; of the same run, or of the baseline run where one is chosen too. Of
// several parameter sets of the baseline variant the first counts, of several records of one case the last measured.
// The runs must outlive it.
class Baseline {
 public:
  struct Counterpart {
    const reports::Record* record = nullptr;
    PointKey key;
  };

  Baseline() = default;  // none: nothing has a counterpart
  Baseline(std::span<const LoadedRun> runs, const ViewOptions& options);

  // True when a baseline is chosen and the loaded runs have it.
  bool is_set() const { return !counterparts_.empty(); }
  bool compares_variants() const { return !variant_.isEmpty(); }
  // The baseline run's id; 0 when each run is compared with itself.
  int run() const { return run_; }
  // "softmax", "run old", "softmax of run old"; "" without one.
  QString name() const;

  // nullptr when the case has none. A case of the baseline is its own counterpart.
  const Counterpart* find(const LoadedRun& run, const reports::Record& record) const;
  // True for the cases that others are compared with.
  bool contains(const LoadedRun& run, const reports::Record& record) const;

 private:
  std::string key_of(const reports::Record& record) const;
  int run_ = 0;
  QString run_name_, variant_;
  std::map<std::pair<int, std::string>, Counterpart> counterparts_;  // by run and key
};

}  // namespace attnscope::gui::model
