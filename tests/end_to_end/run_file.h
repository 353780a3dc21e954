// Runs made up in a test, as files.
#pragma once

#include <string>
#include <vector>

#include "reports/jsonl.h"
#include "tests/reports/timed_records.h"

namespace attnscope::end_to_end {

// A run of a machine with that CPU; the records' env_id is filled in.
inline void write_run(const std::string& path, std::vector<reports::Record> records,
                      const std::string& cpu_model = "a CPU") {
  reports::JsonlWriter writer(path, reports::JsonlWriter::Open::create);
  const reports::Environment environment{"env of " + cpu_model,
                                         {{"cpu", {{"model", cpu_model}, {"cores", 2}}}, {"compiler", "a compiler"}}};
  writer.append(environment);
  for (reports::Record& record : records) {
    record.env_id = environment.env_id;
    writer.append(record);
  }
}

// Five processes of nine samples, spread by a few parts in a thousand.
inline reports::Record record_at(const std::string& key, double centre, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  return reports::testing::noisy_record(key, centre, random, 5, 0.002, 0.002);
}

}  // namespace attnscope::end_to_end
