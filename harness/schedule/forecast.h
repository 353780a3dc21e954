// How long the rest of a run will take: predicted multiply-adds of each case, times a rate that every measured case of
// the same variant corrects.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/measure/settings.h"
#include "harness/plan/plan.h"
#include "reports/record.h"

namespace attnscope::harness::schedule {

class Forecast {
 public:
  // Predicts in a child process, so that a variant that crashes or hangs while its shapes are computed harms nothing.
  Forecast(const std::vector<plan::PlannedCase>& cases, const measure::Settings& settings);

  // Predicted multiply-adds of a case; nothing when it could not be predicted or will not run.
  std::optional<std::int64_t> multiply_adds(std::size_t index) const { return multiply_adds_[index]; }
  double seconds(std::size_t index) const;
  void learn(std::size_t index, const reports::Record& record, double elapsed_s);

 private:
  const std::vector<plan::PlannedCase>& cases_;
  const measure::Settings& settings_;
  std::vector<std::optional<std::int64_t>> multiply_adds_;
  std::map<std::string, double> rates_;  // multiply-adds per second, by variant
  double overhead_s_ = 0.5;              // per case beyond its timing loop
};

}  // namespace attnscope::harness::schedule
