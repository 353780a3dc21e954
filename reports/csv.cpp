#include "reports/csv.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>

#include "reports/number_text.h"

namespace attnscope::reports {

void write_csv_field(std::ostream& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out << text;
    return;
  }
  out << '"';
  for (const char c : text) {
    if (c == '"') out << '"';
    out << c;
  }
  out << '"';
}

namespace {

struct Field {
  std::string text;
  std::size_t line, column;  // where it starts, 1-based
};

// Splits a text into rows of fields, strictly: what RFC 4180 does not define is an error with its place.
class Splitter {
 public:
  Splitter(std::string path, std::string_view text) : path_(std::move(path)), text_(text) {}

  std::optional<std::vector<Field>> next_row() {
    if (position_ == text_.size()) return std::nullopt;
    std::vector<Field> row;
    do row.push_back(field());
    while (accept(','));
    end_row();
    return row;
  }

  [[noreturn]] void fail(std::size_t line, std::size_t column, std::string_view what) const {
    throw FileError(fmt::format("{}: line {}, column {}: {}", path_, line, column, what));
  }

 private:
  bool at_end() const { return position_ == text_.size(); }
  std::size_t column() const { return position_ - line_start_ + 1; }

  bool accept(char c) {
    if (at_end() || text_[position_] != c) return false;
    ++position_;
    return true;
  }

  void new_line() {
    ++line_;
    line_start_ = position_;
  }

  void end_row() {
    if (at_end()) return;
    accept('\r');
    if (!accept('\n')) {
      fail(line_, column(), "expected a comma or the end of the line; quote fields that hold quotes or line breaks");
    }
    new_line();
  }

  Field field() {
    Field field{"", line_, column()};
    if (accept('"')) {
      quoted(field);
      return field;
    }
    const auto end = std::min(text_.find_first_of(",\"\r\n", position_), text_.size());
    field.text = text_.substr(position_, end - position_);
    position_ = end;
    if (!at_end() && text_[position_] == '"') {
      fail(line_, column(), "found a quote inside an unquoted field; quote the field and double its quotes");
    }
    return field;
  }

  void quoted(Field& field) {
    for (;;) {
      if (at_end()) {
        fail(field.line, field.column,
             "the quote opened here is never closed; the file is cut off or its quotes are not doubled");
      }
      const char c = text_[position_++];
      if (c == '"' && !accept('"')) return;
      field.text += c;
      if (c == '\n') new_line();
    }
  }

  std::string path_;
  std::string_view text_;
  std::size_t position_ = 0, line_ = 1, line_start_ = 0;
};

void take(std::string& target, const std::string& text) { target = text; }

void take(OptionalNumber<double>& target, const std::string& text) {
  if (text.empty()) return;
  target = parse_decimal(text);
  if (!target) throw std::invalid_argument("a number");
}

void take(OptionalNumber<std::int64_t>& target, const std::string& text) {
  if (text.empty()) return;
  target = parse_whole(text);
  if (!target) throw std::invalid_argument("a whole number");
}

void take(Status& target, const std::string& text) {
  const auto status = status_from_string(text);
  if (!status) throw std::invalid_argument("a status such as ok, unstable, wrong, oom or timeout");
  target = *status;
}

struct Header {
  std::vector<std::string> names;
  std::vector<const Column*> known;  // nullptr for a column of a newer schema
};

Header read_header(const Splitter& splitter, const std::vector<Field>& row) {
  Header header;
  std::set<std::string> seen;
  for (const Field& field : row) {
    if (!seen.insert(field.text).second) {
      splitter.fail(field.line, field.column, fmt::format("column '{}' appears twice", field.text));
    }
    header.names.push_back(field.text);
    header.known.push_back(find_column(field.text));
  }
  for (const char* needed : {"schema_version", "variant", "status"}) {
    if (!seen.contains(needed)) {
      splitter.fail(1, 1,
                    fmt::format("expected the header of a table of results, found no column '{}'; give a file written "
                                "by `attnscope export --format csv`",
                                needed));
    }
  }
  return header;
}

Record read_record(const Splitter& splitter, const Header& header, const std::vector<Field>& row) {
  if (row.size() != header.names.size()) {
    splitter.fail(row.back().line, row.back().column,
                  fmt::format("expected {} fields, as in the header, found {}", header.names.size(), row.size()));
  }
  Record record;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string& text = row[i].text;
    if (header.known[i] == nullptr) {
      if (!text.empty()) record.unknown[header.names[i]] = text;
      continue;
    }
    try {
      std::visit([&](auto member) { take(record.*member, text); }, header.known[i]->member);
    } catch (const std::invalid_argument& expected) {
      splitter.fail(row[i].line, row[i].column,
                    fmt::format("{}: expected {}, found '{}'", header.names[i], expected.what(), text));
    }
  }
  return record;
}

std::string read_text(const std::filesystem::path& path) {
  const auto fail = [&](std::string_view reason) {
    throw FileError(fmt::format("{}: cannot be read ({}); expected a CSV file; check the name and the permissions",
                                path.string(), reason));
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) fail("it is a directory");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(std::strerror(errno));
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

void write_csv(std::ostream& out, std::span<const Record> records) {
  const auto write_row = [&](const auto& text_of) {
    for (const Column& column : columns()) {
      if (&column != &columns().front()) out << ',';
      write_csv_field(out, text_of(column));
    }
    out << '\n';
  };
  write_row([](const Column& column) { return column.name; });
  for (const Record& record : records) {
    write_row([&](const Column& column) { return format_value(record, column); });
  }
}

std::vector<Record> read_csv(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  std::string_view content = text;
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  Splitter splitter(path.string(), content);
  const auto first = splitter.next_row();
  if (!first) {
    throw FileError(fmt::format(
        "{}: is empty; expected a header and one row per case; export it again with `attnscope export --format csv`",
        path.string()));
  }
  const Header header = read_header(splitter, *first);
  std::vector<Record> records;
  while (const auto row = splitter.next_row()) records.push_back(read_record(splitter, header, *row));
  return records;
}

}  // namespace attnscope::reports
