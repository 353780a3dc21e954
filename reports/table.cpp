#include "reports/table.h"

#include <algorithm>

namespace attnscope::reports {

namespace {

std::size_t rows_of(const Table& table) { return table.columns.empty() ? 0 : table.columns.front().cells.size(); }

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

void write_terminal(std::ostream& out, const Table& table) {
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
  for (std::size_t row = 0; row < rows_of(table); ++row) {
    write_row([&](const TableColumn& column) { return column.cells[row]; });
  }
}

void write_markdown(std::ostream& out, const Table& table) {
  for (const std::string& line : table.heading) out << markdown_escaped(line) << "\n\n";
  for (const TableColumn& column : table.columns) out << "| " << markdown_escaped(column.title) << ' ';
  out << "|\n";
  for (const TableColumn& column : table.columns) out << (column.numeric ? "|---:" : "|:---");
  out << "|\n";
  for (std::size_t row = 0; row < rows_of(table); ++row) {
    for (const TableColumn& column : table.columns) out << "| " << markdown_escaped(column.cells[row]) << ' ';
    out << "|\n";
  }
}

}  // namespace

std::string markdown_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("\\|*_`<>[]").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

void write_table(std::ostream& out, const Table& table, TableStyle style) {
  if (style == TableStyle::terminal) {
    write_terminal(out, table);
  } else {
    write_markdown(out, table);
  }
}

}  // namespace attnscope::reports
