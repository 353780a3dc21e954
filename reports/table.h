// A table as a value, and its two forms: aligned text for a terminal, Markdown for a pull request or a document.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "reports/markdown.h"

namespace attnscope::reports {

struct TableColumn {
  std::string title;
  bool numeric;
  std::vector<std::string> cells;
};

// All columns have as many cells.
struct Table {
  std::vector<std::string> heading;  // lines above the columns
  std::vector<TableColumn> columns;
};

void write_table(std::ostream& out, const Table& table, TableStyle style);
// Text that a Markdown reader takes for text: no cell ends early, nothing turns into markup.
std::string markdown_escaped(std::string_view text);
// One line for a table cell: control characters of a crashed child's last words must not reach the terminal.
std::string one_line(std::string text);

}  // namespace attnscope::reports
