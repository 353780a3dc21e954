#include "reports/plain_record.h"

#include <charconv>
#include <cmath>

namespace attnscope::reports {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A place in the line. Every function that returns false has found something that is not plain.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool is_at_end() {
    skip_blanks();
    return at_ == end_;
  }
  // Takes the character when it is the next one.
  bool take(char c) {
    skip_blanks();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  // Printable ASCII without escapes.
  bool take_text(std::string_view& text) {
    if (!take('"')) return false;
    const char* start = at_;
    for (; at_ != end_ && *at_ != '"'; ++at_) {
      if (*at_ < ' ' || *at_ > '~' || *at_ == '\\') return false;
    }
    if (at_ == end_) return false;
    text = {start, static_cast<std::size_t>(at_ - start)};
    ++at_;
    return true;
  }
  // A number of JSON's grammar, which from_chars() does not hold to.
  bool take_number(std::string_view& text, bool& is_whole) {
    skip_blanks();
    const char* start = at_;
    if (at_ != end_ && *at_ == '-') ++at_;
    if (at_ == end_ || !is_digit(*at_)) return false;
    if (*at_ == '0') {
      ++at_;
    } else {
      skip_digits();
    }
    is_whole = true;
    if (at_ != end_ && *at_ == '.') {
      is_whole = false;
      ++at_;
      if (!skip_digits()) return false;
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      is_whole = false;
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!skip_digits()) return false;
    }
    text = {start, static_cast<std::size_t>(at_ - start)};
    return true;
  }

 private:
  void skip_blanks() {
    while (at_ != end_ && is_blank(*at_)) ++at_;
  }
  bool skip_digits() {
    const char* start = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != start;
  }

  const char *at_, *end_;
};

template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

bool take_value(Cursor& cursor, std::int64_t& value) {
  std::string_view text;
  bool is_whole = false;
  return cursor.take_number(text, is_whole) && is_whole && parse(text, value);
}

// A whole number goes through an integer, so that -0 is 0 as in the general reader.
bool take_value(Cursor& cursor, double& value) {
  std::string_view text;
  bool is_whole = false;
  if (!cursor.take_number(text, is_whole)) return false;
  if (!is_whole) return parse(text, value) && std::isfinite(value);
  std::int64_t whole = 0;
  if (!parse(text, whole)) return false;
  value = static_cast<double>(whole);
  return true;
}

template <class Number>
bool take_value(Cursor& cursor, OptionalNumber<Number>& value) {
  Number number;
  if (!take_value(cursor, number)) return false;
  value = number;
  return value.has_value();  // what it cannot hold is the general reader's to refuse
}

bool take_value(Cursor& cursor, std::string& value) {
  std::string_view text;
  if (!cursor.take_text(text)) return false;
  value = text;
  return true;
}

bool take_value(Cursor& cursor, Status& value) {
  std::string_view text;
  if (!cursor.take_text(text)) return false;
  const auto status = status_from_string(text);
  if (status) value = *status;
  return status.has_value();
}

template <class Number>
bool take_value(Cursor& cursor, std::vector<Number>& values) {
  if (!cursor.take('[')) return false;
  values.clear();
  if (cursor.take(']')) return true;
  do {
    if (!take_value(cursor, values.emplace_back())) return false;
  } while (cursor.take(','));
  values.shrink_to_fit();
  return cursor.take(']');
}

// Columns come in the order of the table, some left out: the search goes on where the last one was found.
class ColumnSearch {
 public:
  const Column* find(std::string_view name) {
    const std::span<const Column> all = columns();
    for (std::size_t tried = 0; tried < all.size(); ++tried) {
      const Column& column = all[next_];
      next_ = next_ + 1 == all.size() ? 0 : next_ + 1;
      if (column.name == name) return &column;
    }
    return nullptr;
  }

 private:
  std::size_t next_ = 0;
};

class RecordReader {
 public:
  RecordReader(std::string_view line, Record& record) : cursor_(line), record_(record) {}

  bool read() {
    if (!cursor_.take('{') || !read_type()) return false;
    while (cursor_.take(',')) {
      std::string_view name;
      if (!cursor_.take_text(name) || !cursor_.take(':') || !read_field(name)) return false;
    }
    return cursor_.take('}') && cursor_.is_at_end() && has_version_ && has_variant_ && has_status_;
  }

 private:
  bool read_type() {
    std::string_view name, type;
    return cursor_.take_text(name) && name == "type" && cursor_.take(':') && cursor_.take_text(type) && type == "case";
  }

  bool read_field(std::string_view name) {
    if (name == "samples_ns") return take_value(cursor_, record_.samples_ns);
    if (name == "samples_per_process") return take_value(cursor_, record_.samples_per_process);
    if (name == "started_at") return take_value(cursor_, record_.started_at);
    if (name == "order_index") return take_value(cursor_, record_.order_index);
    const Column* column = search_.find(name);
    if (column == nullptr) return false;
    note_required(name);
    return std::visit([this](auto member) { return take_value(cursor_, record_.*member); }, column->member);
  }

  void note_required(std::string_view name) {
    has_version_ |= name == "schema_version";
    has_variant_ |= name == "variant";
    has_status_ |= name == "status";
  }

  Cursor cursor_;
  Record& record_;
  ColumnSearch search_;
  bool has_version_ = false, has_variant_ = false, has_status_ = false;
};

}  // namespace

bool read_plain_record(std::string_view line, Record& record) { return RecordReader(line, record).read(); }

}  // namespace attnscope::reports
