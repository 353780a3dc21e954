#include "reports/html_table.h"

#include <utility>

#include "reports/markup.h"

namespace attnscope::reports {

HtmlTable::HtmlTable(std::string caption, std::vector<Heading> headings)
    : caption_(std::move(caption)), headings_(std::move(headings)) {}

void HtmlTable::add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

std::string HtmlTable::text() const {
  const auto numeric = [&](std::size_t column) {
    return std::string(headings_[column].numeric ? " class=\"number\"" : "");
  };
  // Wide tables scroll in a box of their own, not the page.
  std::string out = "<div class=\"table\"><table>\n";
  if (!caption_.empty()) out += "<caption>" + escape_markup(caption_) + "</caption>\n";
  out += "<thead><tr>";
  for (std::size_t i = 0; i < headings_.size(); ++i) {
    out += "<th scope=\"col\"" + numeric(i) + ">" + escape_markup(headings_[i].text) + "</th>";
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows_) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string tag = i == 0 ? "th" : "td";
      out += "<" + tag + (i == 0 ? " scope=\"row\"" : "") + numeric(i) + ">" + escape_markup(row[i]) + "</" + tag + ">";
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace attnscope::reports
