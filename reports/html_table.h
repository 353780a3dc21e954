// A table of an HTML page.
#pragma once

#include <string>
#include <vector>

namespace attnscope::reports {

class HtmlTable {
 public:
  struct Heading {
    std::string text;
    bool numeric = false;  // right-aligned
  };
  HtmlTable(std::string caption, std::vector<Heading> headings);
  // Plain text, escaped here; the first cell heads the row.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  std::string text() const;

 private:
  std::string caption_;
  std::vector<Heading> headings_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace attnscope::reports
