#include "reports/jsonl.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <set>

namespace attnscope::reports {

namespace {

using nlohmann::json;

constexpr std::string_view expected_content = "expected JSON lines written by `attnscope run -o FILE`";
constexpr std::string_view blanks = " \t\r\n";

std::ifstream open(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw FileError(fmt::format("{}: is a directory; {}; name a file in it", path.string(), expected_content));
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const int reason = errno;
    throw FileError(fmt::format("{}: cannot be opened ({}); {}; check the name and the permissions", path.string(),
                                reason != 0 ? std::strerror(reason) : "unknown reason", expected_content));
  }
  return in;
}

// Binary data has no line breaks to read by, so it is recognised before any line is. A run with damaged bytes in it is
// no binary file: its keys still show.
void refuse_binary(std::ifstream& in, const std::filesystem::path& path) {
  std::string head(4096, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) {
    throw FileError(fmt::format("{}: cannot be read ({}); {}", path.string(), std::strerror(errno), expected_content));
  }
  if (head.find('\0') != std::string::npos && head.find("\"type\":") == std::string::npos) {
    throw FileError(
        fmt::format("{}: holds binary data; {}; unpack it first if it is compressed", path.string(), expected_content));
  }
  in.clear();
  in.seekg(0);
}

// What a file is in which no line was readable, from its first line that is not blank.
std::string describe_unreadable(std::string_view first_line, const std::vector<ReadIssue>& issues) {
  if (first_line.empty()) {
    return fmt::format("holds nothing; {}; the run may have been stopped before its first record: run it again",
                       expected_content);
  }
  if (first_line == "{" || first_line.front() == '[') {
    return fmt::format("holds a JSON document that is not a run; {}; give the .jsonl file itself", expected_content);
  }
  if (first_line.front() == '{') {
    return fmt::format("holds no readable line (line {}: {}); {}; run it again", issues.front().line,
                       issues.front().message, expected_content);
  }
  if (first_line.find(',') != std::string_view::npos) {
    return fmt::format(
        "holds a CSV table (its first line is '{}…'); {}; give the .jsonl file that the table was exported from",
        first_line.substr(0, 40), expected_content);
  }
  return fmt::format("holds text that is not a run (its first line is '{}'); {}; check the name",
                     first_line.substr(0, 40), expected_content);
}

std::optional<int> major_version(const json& object) {
  const auto found = object.find("schema_version");
  if (found == object.end() || !found->is_string()) return std::nullopt;
  const auto& text = found->get_ref<const std::string&>();
  int major = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), major);
  if (error != std::errc{}) return std::nullopt;
  return major;
}

int own_major_version() {
  static const int major = *major_version(json{{"schema_version", schema_version}});
  return major;
}

class Loader {
 public:
  explicit Loader(const std::filesystem::path& path) { result_.run.path = path.string(); }

  void line(std::string_view text, bool complete) {
    ++line_;
    if (line_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const auto start = text.find_first_not_of(blanks);
    if (start == std::string_view::npos) return;
    text.remove_prefix(start);
    text.remove_suffix(text.size() - 1 - text.find_last_not_of(blanks));
    if (first_line_.empty()) first_line_ = text.substr(0, 200);
    json object;
    try {
      object = json::parse(text);
    } catch (const json::parse_error& error) {
      if (complete) {
        issue(fmt::format("not JSON from column {} on; expected one JSON object; the line was skipped",
                          start + error.byte));
      } else {
        issue(
            "the line is cut off, as when a run is killed while writing; expected one JSON object; the line was "
            "skipped: `attnscope run --resume` measures its case again");
      }
      return;
    } catch (const json::exception& error) {
      issue(fmt::format("not readable as JSON ({}); expected one JSON object; the line was skipped", error.what()));
      return;
    }
    take(object);
  }

  LoadedRun finish() && {
    if (result_.run.records.empty() && result_.run.environments.empty()) {
      throw FileError(result_.run.path + ": " + describe_unreadable(first_line_, result_.issues));
    }
    return std::move(result_);
  }

 private:
  void issue(std::string message) { result_.issues.push_back({result_.run.path, line_, std::move(message)}); }

  void take(const json& object) {
    const auto type = object.is_object() ? object.value("type", json()) : json();
    try {
      if (type == "case") {
        name_newer_schema(object);
        result_.run.records.push_back(record_from_json(object));
      } else if (type == "env") {
        name_newer_schema(object);
        result_.run.environments.push_back(environment_from_json(object));
      } else if (type == "reference") {
        result_.run.references.push_back(reference_from_json(object));
      } else if (!object.is_object()) {
        issue(fmt::format("holds a JSON {}; expected one JSON object; the line was skipped", object.type_name()));
      } else {
        issue(fmt::format("field 'type' is {}; expected \"env\", \"case\" or \"reference\"; the line was skipped",
                          type.is_null() ? "missing" : type.dump(-1, ' ', false, json::error_handler_t::replace)));
      }
    } catch (const std::invalid_argument& error) {
      issue(fmt::format("{}; the line was skipped", error.what()));
    }
  }

  // Once for each newer version, not once for each of its thousands of lines.
  void name_newer_schema(const json& object) {
    const auto major = major_version(object);
    if (!major || *major <= own_major_version()) return;
    const auto version = object.at("schema_version").get<std::string>();
    if (!newer_versions_.insert(version).second) return;
    issue(fmt::format(
        "written with schema {}; this program knows {}; what it knows was read, the meaning of columns may differ: use "
        "the attnscope that wrote the file",
        version, schema_version));
  }

  LoadedRun result_;
  std::size_t line_ = 0;
  std::string first_line_;
  std::set<std::string> newer_versions_;
};

}  // namespace

LoadedRun load_jsonl(const std::filesystem::path& path) {
  std::ifstream in = open(path);
  refuse_binary(in, path);
  Loader loader(path);
  for (std::string line; std::getline(in, line);) loader.line(line, !in.eof());
  if (in.bad()) throw FileError(fmt::format("{}: reading stopped ({})", path.string(), std::strerror(errno)));
  return std::move(loader).finish();
}

}  // namespace attnscope::reports
