// Records with samples, for tests of comparisons and gates.
#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "reports/pool.h"
#include "reports/record.h"

namespace attnscope::reports::testing {

// An ok record of one process with these samples.
inline Record timed_record(const std::string& key, std::vector<double> samples) {
  Record record;
  record.case_key = key;
  record.case_id = "id of " + key;
  record.variant = key;
  record.env_id = "env";
  record.samples_ns = std::move(samples);
  if (!record.samples_ns.empty()) record.time_median_ns = process_medians(record).front();
  record.samples = static_cast<std::int64_t>(record.samples_ns.size());
  record.peak_memory_bytes = 1 << 20;
  record.flops_model = 1000;
  return record;
}

// Several processes of `per_process` samples around `centre`; both spreads are relative.
inline Record noisy_record(const std::string& key, double centre, std::mt19937_64& random, std::size_t processes = 5,
                           double between = 0.004, double within = 0.01, std::size_t per_process = 9) {
  std::normal_distribution<double> process_noise(0, between), sample_noise(0, within);
  std::vector<Record> records;
  for (std::size_t p = 0; p < processes; ++p) {
    const double process_centre = centre * std::exp(process_noise(random));
    std::vector<double> samples;
    for (std::size_t s = 0; s < per_process; ++s) {
      samples.push_back(process_centre * std::exp(sample_noise(random)));
    }
    records.push_back(timed_record(key, std::move(samples)));
  }
  return pool_processes(records);
}

}  // namespace attnscope::reports::testing
