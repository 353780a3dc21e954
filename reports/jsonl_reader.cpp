#include "reports/jsonl_reader.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <sys/stat.h>
#include <utility>

#include "reports/plain_record.h"

namespace attnscope::reports {

namespace {

using nlohmann::json;

constexpr std::string_view expected_content = "expected JSON lines written by `attnscope run -o FILE`";
constexpr std::string_view blanks = " \t\r\n";
constexpr std::size_t piece_bytes = std::size_t{1} << 20;
constexpr std::size_t head_bytes = 512;
constexpr std::size_t longest_line_bytes = std::size_t{256} << 20;  // a run with a profile has lines of a few megabytes

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
  if (first_line.front() == '{' && issues.empty()) {
    return fmt::format("holds measurements of the reference case alone; {}; run it again", expected_content);
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

std::optional<int> major_version(std::string_view text) {
  int major = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), major);
  if (error != std::errc{}) return std::nullopt;
  return major;
}

int own_major_version() {
  static const int major = *major_version(schema_version);
  return major;
}

// Turns lines into records and issues.
class LineParser {
 public:
  explicit LineParser(std::string path) : path_(std::move(path)) {}

  // A line without its line break may be one that is still being written: `complete` is false for it, and the next
  // call has the same number. Returns false for a line that was cut.
  bool line(std::string_view text, bool complete) {
    ++line_;
    const bool is_whole = understand(text, complete) || complete;
    if (!complete) --line_;
    return is_whole;
  }

  void overlong_line() {
    ++line_;
    issue(fmt::format("longer than {} MiB; expected one JSON object; the line was skipped", longest_line_bytes >> 20));
  }

  // How many records the whole file will hold, so that they are not moved as their number grows.
  void expect_records(std::size_t count) { result_.run.records.reserve(count); }
  std::size_t records() const { return result_.run.records.size(); }

  // What came since the last call.
  LoadedRun take_result() {
    LoadedRun result = std::move(result_);
    result.run.path = path_;
    result_ = {};
    return result;
  }

  // Throws FileError when nothing was readable.
  void require_content() const {
    if (result_.run.records.empty() && result_.run.environments.empty())
      throw FileError(path_ + ": " + describe_unreadable(first_line_, result_.issues));
  }

 private:
  // False when it is no JSON.
  bool understand(std::string_view text, bool complete) {
    if (line_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const auto start = text.find_first_not_of(blanks);
    if (start == std::string_view::npos) return true;
    text.remove_prefix(start);
    text.remove_suffix(text.size() - 1 - text.find_last_not_of(blanks));
    if (first_line_.empty()) first_line_ = text.substr(0, 200);
    if (Record record; read_plain_record(text, record)) {
      name_newer_schema(record.schema_version);
      result_.run.records.push_back(std::move(record));
      return true;
    }
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
      return false;
    } catch (const json::exception& error) {
      issue(fmt::format("not readable as JSON ({}); expected one JSON object; the line was skipped", error.what()));
      return false;
    }
    take(object);
    return true;
  }

  void issue(std::string message) { result_.issues.push_back({path_, line_, std::move(message)}); }

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

  void name_newer_schema(const json& object) {
    const auto found = object.find("schema_version");
    if (found != object.end() && found->is_string()) name_newer_schema(found->get_ref<const std::string&>());
  }

  // Once for each newer version, not once for each of its thousands of lines.
  void name_newer_schema(const std::string& version) {
    const auto major = major_version(version);
    if (!major || *major <= own_major_version() || !newer_versions_.insert(version).second) return;
    issue(fmt::format(
        "written with schema {}; this program knows {}; what it knows was read, the meaning of columns may differ: use "
        "the attnscope that wrote the file",
        version, schema_version));
  }

  std::string path_;
  LoadedRun result_;
  std::size_t line_ = 0;
  std::string first_line_;
  std::set<std::string> newer_versions_;
};

// From how many there are in the first bytes, and a few more.
std::size_t expected_records(std::size_t found, std::uint64_t in_bytes, std::uint64_t all_bytes) {
  constexpr double most = 200'000;
  const double share = static_cast<double>(all_bytes) / static_cast<double>(in_bytes);
  return static_cast<std::size_t>(std::min(most, static_cast<double>(found) * share * 1.02));
}

std::string head_of(const std::filesystem::path& path, std::size_t bytes) {
  std::ifstream in(path, std::ios::binary);
  std::string head(bytes, '\0');
  in.read(head.data(), static_cast<std::streamsize>(bytes));
  head.resize(static_cast<std::size_t>(in.gcount()));
  return head;
}

}  // namespace

struct JsonlReader::State {
  explicit State(std::filesystem::path file) : path(std::move(file)), parser(path.string()) {}

  // Hands every line from `offset` on to the parser; what has no line break only when `takes_rest`.
  void read_lines(std::ifstream& in, bool takes_rest, const ReadProgress& progress);

  std::filesystem::path path;
  LineParser parser;
  std::uint64_t offset = 0;  // of the first byte that is not done with
  bool was_readable = false;
  std::string head;       // how the file began
  struct stat status {};  // of the file, taken before it was read
};

void JsonlReader::State::read_lines(std::ifstream& in, bool takes_rest, const ReadProgress& progress) {
  const auto all = static_cast<std::uint64_t>(status.st_size);
  std::string text;
  std::uint64_t read_bytes = offset;
  bool is_skipping = false;  // an overlong line
  for (bool at_end = false; !at_end;) {
    const std::size_t rest = text.size();
    text.resize(rest + piece_bytes);
    in.read(text.data() + rest, static_cast<std::streamsize>(piece_bytes));
    text.resize(rest + static_cast<std::size_t>(in.gcount()));
    if (in.bad()) throw FileError(fmt::format("{}: reading stopped ({})", path.string(), std::strerror(errno)));
    at_end = in.eof();
    if (read_bytes == 0) head = text.substr(0, head_bytes);
    read_bytes += text.size() - rest;

    std::size_t start = 0;
    for (std::size_t end = text.find('\n', rest); end != std::string::npos; end = text.find('\n', start)) {
      if (!std::exchange(is_skipping, false)) parser.line(std::string_view(text).substr(start, end - start), true);
      start = end + 1;
    }
    if (start > 0 && offset == 0) parser.expect_records(expected_records(parser.records(), start, all));
    offset += start;
    text.erase(0, start);
    if (text.size() > longest_line_bytes && !std::exchange(is_skipping, true)) parser.overlong_line();
    if (is_skipping) offset += std::exchange(text, {}).size();
    if (progress && !progress(read_bytes, std::max(all, read_bytes))) throw ReadStopped();
  }
  if (takes_rest && !text.empty() && parser.line(text, false)) offset += text.size();
}

JsonlReader::JsonlReader(std::filesystem::path path) : state_(std::make_unique<State>(std::move(path))) {}
JsonlReader::~JsonlReader() = default;
JsonlReader::JsonlReader(JsonlReader&&) noexcept = default;
JsonlReader& JsonlReader::operator=(JsonlReader&&) noexcept = default;

LoadedRun JsonlReader::read_all(const ReadProgress& progress) {
  *state_ = State(state_->path);
  ::stat(state_->path.c_str(), &state_->status);
  std::ifstream in = open(state_->path);
  refuse_binary(in, state_->path);
  state_->read_lines(in, true, progress);
  state_->parser.require_content();
  state_->was_readable = true;
  return state_->parser.take_result();
}

JsonlReader::Change JsonlReader::look() const {
  const struct stat& before = state_->status;
  struct stat now {};
  if (::stat(state_->path.c_str(), &now) != 0) return Change::gone;
  if (now.st_ino != before.st_ino || now.st_dev != before.st_dev) return Change::replaced;
  const bool same_size = now.st_size == before.st_size;
  if (same_size && now.st_mtim.tv_sec == before.st_mtim.tv_sec && now.st_mtim.tv_nsec == before.st_mtim.tv_nsec)
    return Change::none;
  const bool goes_on = state_->was_readable && !same_size &&
                       static_cast<std::uint64_t>(now.st_size) >= state_->offset &&
                       head_of(state_->path, state_->head.size()) == state_->head;
  return goes_on ? Change::appended : Change::replaced;
}

LoadedRun JsonlReader::read_appended(const ReadProgress& progress) {
  ::stat(state_->path.c_str(), &state_->status);
  std::ifstream in = open(state_->path);
  in.seekg(static_cast<std::streamoff>(state_->offset));
  state_->read_lines(in, false, progress);
  return state_->parser.take_result();
}

LoadedRun load_jsonl(const std::filesystem::path& path) { return JsonlReader(path).read_all(); }

}  // namespace attnscope::reports
