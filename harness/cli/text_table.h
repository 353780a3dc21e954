// A table of texts with aligned columns.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace attnscope::harness::cli {

class TextTable {
 public:
  enum class Align { left, right };
  // Column headers; `align` holds for columns from the second on.
  explicit TextTable(std::vector<std::string> header, Align align = Align::left);
  void add(std::vector<std::string> row);
  void write(std::ostream& out) const;

 private:
  std::vector<std::vector<std::string>> rows_;
  Align align_;
};

// One row of a table whose columns are that wide, to be written before the next one is known.
std::string table_line(const std::vector<std::string>& row, const std::vector<std::size_t>& widths,
                       TextTable::Align align = TextTable::Align::left);

// Characters that a UTF-8 text shows.
std::size_t shown_width(const std::string& text);

}  // namespace attnscope::harness::cli
