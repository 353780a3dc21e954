// How a case is measured: what the command line of `run` sets and the worker receives.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/measure/warm_up.h"

namespace attnscope::harness::measure {

// A shape at which a variant agreed with the oracle: what a record says of its validation.
struct Validation {
  std::string at;  // Record::validated_at
  double max_abs_err = 0, max_rel_err = 0, err_tol = 0;
  std::string err_rule, err_arrays;
  bool operator==(const Validation&) const = default;
};

struct Settings {
  std::uint64_t seed = 1;
  bool validate = true;
  // Of this run and of cases that differ in their shape only. A long case is compared with the oracle at a smaller
  // shape: the same for all lengths beyond what the oracle can afford, with the same inputs, so once is enough.
  std::vector<Validation> validations;
  bool profile = false;
  bool cupti = true;         // trace kernels and count on GPUs; false leaves both to another tool
  double confidence = 0.95;  // of the interval of the median
  double precision = 0.02;   // its half-width over the median
  std::int64_t min_samples = 6;
  std::int64_t max_samples = 10'000;
  double min_time_s = 0.1;  // spent in the timing loop
  double max_time_s = 10;
  double min_sample_time_s = 50e-6;  // shorter calls are repeated within a sample
  WarmUpPlan warm_up;
  double throttle_threshold = 0.9;  // of the best clock: samples below it were taken on a throttled core
  double best_clock_hz = 0;         // of the run so far; 0: not known
  std::int64_t memory_limit_bytes = std::numeric_limits<std::int64_t>::max();
};

nlohmann::json to_json(const Settings& settings);
Settings settings_from_json(const nlohmann::json& object);

}  // namespace attnscope::harness::measure
