#include "reports/markdown.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace attnscope::reports {

namespace {

struct TableColumn {
  std::string title;
  bool numeric;
  std::vector<std::string> cells;
};

// Axes that are a column where they differ and a word above the table where they do not.
struct Axis {
  std::string_view title, column;
};
constexpr std::array<Axis, 16> axes{{
    {"scope", "scope"},
    {"mode", "mode"},
    {"n", "seq_q"},
    {"n keys", "seq_k"},
    {"causal", "causal"},
    {"dtype", "dtype"},
    {"device", "device"},
    {"threads", "threads"},
    {"batch", "batch"},
    {"heads", "heads"},
    {"kv heads", "kv_heads"},
    {"head_dim", "head_dim"},
    {"value_dim", "value_dim"},
    {"cache", "cache_state"},
    {"input", "input"},
    {"seed", "seed"},
}};

std::string axis_text(const Record& record, const Axis& axis) {
  const Column& column = *find_column(axis.column);
  const auto value = number(record, column);
  const bool is_length = axis.column == "seq_q" || axis.column == "seq_k";
  return value && is_length ? format_quantity(*value, Unit::count) : format_value(record, column);
}

bool all_equal(const std::vector<std::string>& cells) {
  return std::ranges::adjacent_find(cells, std::not_equal_to<>{}) == cells.end();
}

std::vector<std::string> entries_of(std::string_view params) {
  std::vector<std::string> entries;
  while (!params.empty()) {
    const auto entry = params.substr(0, params.find(';'));
    params.remove_prefix(std::min(params.size(), entry.size() + 1));
    if (!entry.empty()) entries.emplace_back(entry);
  }
  return entries;
}

// Hyper-parameters, told apart per variant: those that all records of the variant share, and those that differ.
class Parameters {
 public:
  explicit Parameters(std::span<const Record> records) {
    for (const Record& record : records) {
      Variant& variant = variants_[record.variant];
      ++variant.records;
      for (const std::string& entry : entries_of(record.params)) ++variant.uses[entry];
    }
  }

  std::string differing(const Record& record) const { return select(record, false); }

  // "longformer window=256, linformer k=64 sharing=headwise", variants in order of appearance.
  std::string shared(std::span<const Record> records) const {
    std::vector<std::string> parts;
    std::set<std::string_view> seen;
    for (const Record& record : records) {
      if (!seen.insert(record.variant).second) continue;
      if (const std::string same = select(record, true); !same.empty()) parts.push_back(record.variant + " " + same);
    }
    return fmt::format("{}", fmt::join(parts, ", "));
  }

 private:
  struct Variant {
    std::size_t records = 0;
    std::map<std::string, std::size_t> uses;
  };

  std::string select(const Record& record, bool shared) const {
    const Variant& variant = variants_.at(record.variant);
    std::vector<std::string> chosen;
    for (std::string& entry : entries_of(record.params)) {
      if ((variant.uses.at(entry) == variant.records) == shared) chosen.push_back(std::move(entry));
    }
    return fmt::format("{}", fmt::join(chosen, " "));
  }

  std::map<std::string, Variant> variants_;
};

// Three significant digits without an exponent: these columns are read downwards.
std::string plain_digits(double value) {
  if (value == 0 || !std::isfinite(value)) return value == 0 ? "0" : "-";
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fmt::format("{:.{}f}", value, std::clamp(2 - exponent, 0, 12));
}

std::string time_text(const Record& record) {
  if (!record.time_median_ns || !std::isfinite(*record.time_median_ns)) return "-";
  const std::string median = format_quantity(*record.time_median_ns, Unit::nanoseconds);
  if (!record.time_ci_lo_ns || !record.time_ci_hi_ns) return median;
  const double half = (*record.time_ci_hi_ns - *record.time_ci_lo_ns) / 2;
  if (!std::isfinite(half)) return median;
  return fmt::format("{} ± {}", median, format_quantity(half, Unit::nanoseconds));
}

std::string quantity_text(const std::optional<std::int64_t>& value, Unit unit) {
  return value ? format_quantity(static_cast<double>(*value), unit) : "-";
}

// In units of 10^9, named in the title.
template <typename Number>
std::string giga_text(const std::optional<Number>& value) {
  return value ? plain_digits(static_cast<double>(*value) / 1e9) : "-";
}

std::string status_text(const Record& record) {
  std::string text(to_string(record.status));
  if (!record.status_reason.empty()) text += ": " + record.status_reason;
  // A table row is one line; control characters of a crashed child's last words must not reach the terminal.
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

struct Table {
  std::vector<std::string> heading;
  std::vector<TableColumn> columns;
};

Table build(std::span<const Record> records) {
  Table table;
  std::vector<std::string> constant;
  const auto add = [&](std::string title, bool numeric, const auto& text_of) {
    TableColumn column{std::move(title), numeric, {}};
    for (const Record& record : records) column.cells.push_back(text_of(record));
    table.columns.push_back(std::move(column));
  };
  const Parameters parameters(records);

  add("variant", false, [](const Record& record) { return record.variant; });
  if (all_equal(table.columns.back().cells)) {
    constant.push_back(records.front().variant);
    table.columns.pop_back();
  }
  add("params", false, [&](const Record& record) { return parameters.differing(record); });
  if (std::ranges::all_of(table.columns.back().cells, &std::string::empty)) table.columns.pop_back();
  for (const Axis& axis : axes) {
    const bool numeric = !std::holds_alternative<std::string Record::*>(find_column(axis.column)->member);
    add(std::string(axis.title), numeric, [&](const Record& record) { return axis_text(record, axis); });
    auto& cells = table.columns.back().cells;
    // n = n of the keys nearly always: the second column would only repeat the first.
    const bool repeats_n = axis.column == "seq_k" && std::ranges::all_of(records, [](const Record& record) {
                             return !record.seq_k || record.seq_k == record.seq_q;
                           });
    const bool is_constant = all_equal(cells);
    if (is_constant && !repeats_n && !cells.front().empty()) {
      constant.push_back(fmt::format("{} {}", axis.title, cells.front()));
    }
    if (is_constant || repeats_n) table.columns.pop_back();
  }
  add("time", true, time_text);
  add("peak memory", true, [](const Record& record) { return quantity_text(record.peak_memory_bytes, Unit::bytes); });
  add("GFLOP", true, [](const Record& record) { return giga_text(record.flops_model); });
  add("GFLOP/s", true, [](const Record& record) { return giga_text(record.flop_per_s); });
  add("status", false, status_text);

  if (!constant.empty()) table.heading.push_back(fmt::format("{}", fmt::join(constant, " · ")));
  if (std::string shared = parameters.shared(records); !shared.empty()) table.heading.push_back("params: " + shared);
  return table;
}

// Columns on the screen, taking each UTF-8 character as one wide.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, width_of(text)), ' ');
  return right ? blanks + text : text + blanks;
}

void write_line(std::ostream& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

void write_terminal(std::ostream& out, const Table& table, std::size_t rows) {
  std::vector<std::size_t> widths;
  for (const TableColumn& column : table.columns) {
    std::size_t width = width_of(column.title);
    for (const std::string& cell : column.cells) width = std::max(width, width_of(cell));
    widths.push_back(width);
  }
  const auto write_row = [&](const auto& text_of) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (i > 0) line += "  ";
      line += padded(text_of(table.columns[i]), widths[i], table.columns[i].numeric);
    }
    write_line(out, std::move(line));
  };
  for (const std::string& line : table.heading) write_line(out, line);
  if (!table.heading.empty()) out << '\n';
  write_row([](const TableColumn& column) { return column.title; });
  for (std::size_t row = 0; row < rows; ++row) {
    write_row([&](const TableColumn& column) { return column.cells[row]; });
  }
}

// Text that a Markdown reader takes for text: no cell ends early, nothing turns into markup.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("\\|*_`<>[]").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

void write_markdown(std::ostream& out, const Table& table, std::size_t rows) {
  for (const std::string& line : table.heading) out << escaped(line) << "\n\n";
  for (const TableColumn& column : table.columns) out << "| " << escaped(column.title) << ' ';
  out << "|\n";
  for (const TableColumn& column : table.columns) out << (column.numeric ? "|---:" : "|:---");
  out << "|\n";
  for (std::size_t row = 0; row < rows; ++row) {
    for (const TableColumn& column : table.columns) out << "| " << escaped(column.cells[row]) << ' ';
    out << "|\n";
  }
}

}  // namespace

void write_table(std::ostream& out, std::span<const Record> records, TableStyle style) {
  if (records.empty()) {
    out << "no records\n";
    return;
  }
  const Table table = build(records);
  if (style == TableStyle::terminal) {
    write_terminal(out, table, records.size());
  } else {
    write_markdown(out, table, records.size());
  }
}

}  // namespace attnscope::reports
