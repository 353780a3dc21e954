// Continuing a run that was cut short.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "reports/jsonl.h"
#include "reports/record.h"

namespace attnscope::harness::schedule {

struct Finished {
  std::map<std::string, reports::Record> by_key;  // cases with a final status
  std::vector<reports::ReadIssue> issues;         // lines that could not be read: their cases run again
  std::vector<reports::Reference> references;
};
// Cases that need not run again: everything but `interrupted`. Lines of interrupted cases are removed from the file, so
// that it keeps one record per case. A file that does not exist has none. Throws reports::FileError.
Finished prepare_resume(const std::filesystem::path& path);

}  // namespace attnscope::harness::schedule
