// Several processes per case, so that what varies from process to process is in the figure. The processes of all cases
// are interleaved; each is kept beside the output until its case is complete, and a case then becomes one record.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/measure/settings.h"
#include "reports/jsonl.h"
#include "reports/record.h"

namespace attnscope::harness::schedule {

// The records of the processes of cases that are not complete: JSON lines in FILE.rounds, so that a killed run loses
// the process in flight and no other. The caller holds the lock of FILE.
class PartialCases {
 public:
  // `keep_earlier`: goes on with what a stopped run left; else that is removed. Throws reports::FileError.
  PartialCases(const std::filesystem::path& output, bool keep_earlier);

  const std::vector<reports::Record>& of(const std::string& case_key) const;
  // Appended and synchronised before it returns. Throws reports::FileError.
  void add(const reports::Record& record);
  // The case has its final record: its processes are needed no more. The file goes with the last of them.
  void finish(const std::string& case_key);

 private:
  std::filesystem::path path_;
  std::map<std::string, std::vector<reports::Record>> by_key_;
  std::unique_ptr<reports::JsonlWriter> writer_;
};

// One record of all processes of a case, each of which was measured: samples process after process, the interval by
// reports::estimate_median, the status by the asked precision. What only the first process did (validation, profile) is
// the first's.
reports::Record merge_processes(const std::vector<reports::Record>& processes, const measure::Settings& settings);

// The precision that each of several processes should reach for all together to reach the asked one.
measure::Settings settings_of_one_process(measure::Settings settings, int rounds, bool first);

}  // namespace attnscope::harness::schedule
