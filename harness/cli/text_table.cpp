#include "harness/cli/text_table.h"

#include <algorithm>

namespace attnscope::harness::cli {

std::size_t shown_width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

TextTable::TextTable(std::vector<std::string> header, Align align) : rows_{std::move(header)}, align_(align) {}

void TextTable::add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

void TextTable::write(std::ostream& out) const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], shown_width(row[i]));
  }
  for (const auto& row : rows_) out << table_line(row, widths, align_) << '\n';
}

std::string table_line(const std::vector<std::string>& row, const std::vector<std::size_t>& widths,
                       TextTable::Align align) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::size_t shown = shown_width(row[i]);
    const std::string padding(std::max(widths[i], shown) - shown, ' ');
    line += i > 0 && align == TextTable::Align::right ? padding + row[i] : row[i] + padding;
    line += "  ";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace attnscope::harness::cli
