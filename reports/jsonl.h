// JSON Lines: the true form of a run. One object per line: {"type":"env",…}, {"type":"case",…} or
// {"type":"reference",…}; appended and fsynced per case, so that a killed run keeps everything it finished.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "reports/record.h"

namespace attnscope::reports {

nlohmann::json to_json(const Record& record);
nlohmann::json to_json(const Environment& environment);
// Throws std::invalid_argument naming the field that is missing or of the wrong type. schema_version, variant and
// status must be there; null stands for "not available".
Record record_from_json(const nlohmann::json& object);
Environment environment_from_json(const nlohmann::json& object);  // throws likewise; env_id must be there
Reference reference_from_json(const nlohmann::json& object);      // throws likewise; time_median_ns must be there

// One line of the file, without its line break: "type" first, then the available columns in CSV order. NaN and
// infinity count as not available; bytes that are not UTF-8 become U+FFFD.
std::string to_json_line(const Record& record);
std::string to_json_line(const Environment& environment);
std::string to_json_line(const Reference& reference);

// A file that cannot be opened, or holds nothing readable (a CSV in place of JSONL). The text says file, what was
// found, what was expected and what to do.
struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Something skipped while reading: the rest of the file was still loaded.
struct ReadIssue {
  std::string path;
  std::size_t line;     // 1-based
  std::string message;  // what was found and what was expected
};

struct LoadedRun {
  Run run;
  std::vector<ReadIssue> issues;  // truncated last line, corrupt lines, newer schema
};
LoadedRun load_jsonl(const std::filesystem::path& path);  // throws FileError

// Appends lines to a file; each append is flushed and fsynced before it returns. The file is locked while open: a
// second writer gets a FileError. Reopening a file whose last line was cut drops that partial line first.
class JsonlWriter {
 public:
  enum class Open { create, append };  // create refuses to overwrite a non-empty file
  JsonlWriter(const std::filesystem::path& path, Open how);
  ~JsonlWriter();
  JsonlWriter(const JsonlWriter&) = delete;
  JsonlWriter& operator=(const JsonlWriter&) = delete;

  void append(const Environment& environment);  // throws FileError (disk full, …); earlier lines stay intact
  void append(const Record& record);
  void append(const Reference& reference);

 private:
  void append_line(const std::string& line);
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace attnscope::reports
