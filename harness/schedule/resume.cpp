#include "harness/schedule/resume.h"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <unistd.h>

#include "reports/jsonl.h"

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
  const fs::path temporary = path.string() + ".resume";
  {
    std::ifstream from(path);
    std::ofstream to(temporary, std::ios::trunc);
    for (std::string line; std::getline(from, line);) {
      if (!is_interrupted_case(line)) to << line << (from.eof() ? "" : "\n");
    }
    to.close();
    if (!to) throw reports::FileError(fmt::format("{}: cannot write it (is the disk full?)", temporary.string()));
  }
  const int descriptor = open(temporary.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) {
    fsync(descriptor);
    close(descriptor);
  }
  fs::rename(temporary, path);
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
