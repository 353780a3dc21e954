#include "harness/schedule/resume.h"

#include <algorithm>
#include <fstream>

#include "reports/jsonl.h"
#include "reports/whole_file.h"

namespace attnscope::harness::schedule {

namespace {

namespace fs = std::filesystem;
using reports::Status;

bool is_interrupted_case(const std::string& line) {
  const auto object = nlohmann::json::parse(line, nullptr, false);
  return object.is_object() && object.value("type", "") == "case" &&
         object.value("status", "") == to_string(Status::interrupted);
}

// Replaces the file by its other lines; a crash leaves either the old or the new file.
void drop_interrupted(const fs::path& path) {
  std::string kept;
  std::ifstream from(path);
  for (std::string line; std::getline(from, line);) {
    if (!is_interrupted_case(line)) kept += line + (from.eof() ? "" : "\n");
  }
  reports::write_whole_file(path, kept, reports::Existing::replace);
}

}  // namespace

Finished prepare_resume(const fs::path& path) {
  Finished finished;
  std::error_code error;
  if (!fs::exists(path, error) || fs::file_size(path, error) == 0) return finished;
  const reports::LoadedRun loaded = reports::load_jsonl(path);
  finished.issues = loaded.issues;
  finished.references = loaded.run.references;
  for (const reports::Record& record : loaded.run.records) {
    if (record.status != Status::interrupted) finished.by_key[record.case_key] = record;
  }
  if (finished.by_key.size() < loaded.run.records.size()) drop_interrupted(path);
  return finished;
}

}  // namespace attnscope::harness::schedule
