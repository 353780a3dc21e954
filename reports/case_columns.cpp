#include "reports/case_columns.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>
#include <vector>

#include "reports/markdown.h"

namespace attnscope::reports {

namespace {

// Axes that are a column where they differ and a word above the table where they do not.
struct Axis {
  std::string_view title, column;
};
constexpr std::array<Axis, 17> axes{{
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
    {"launch", "launch"},
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
  explicit Parameters(std::span<const Record* const> records) {
    for (const Record* record : records) {
      Variant& variant = variants_[record->variant];
      ++variant.records;
      for (const std::string& entry : entries_of(record->params)) ++variant.uses[entry];
    }
  }

  std::string differing(const Record& record) const { return select(record, false); }

  // "longformer window=256, linformer k=64 sharing=headwise", variants in order of appearance.
  std::string shared(std::span<const Record* const> records) const {
    std::vector<std::string> parts;
    std::set<std::string_view> seen;
    for (const Record* record : records) {
      if (!seen.insert(record->variant).second) continue;
      if (const std::string same = select(*record, true); !same.empty()) parts.push_back(record->variant + " " + same);
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

}  // namespace

void add_case_columns(Table& table, std::span<const Record* const> records) {
  if (records.empty()) return;
  std::vector<std::string> constant;
  const auto add = [&](std::string title, bool numeric, const auto& text_of) {
    TableColumn column{std::move(title), numeric, {}};
    for (const Record* record : records) column.cells.push_back(one_line(text_of(*record)));
    table.columns.push_back(std::move(column));
  };
  const Parameters parameters(records);

  add("variant", false, [](const Record& record) { return record.variant; });
  if (all_equal(table.columns.back().cells)) {
    constant.push_back(records.front()->variant);
    table.columns.pop_back();
  }
  add("params", false, [&](const Record& record) { return parameters.differing(record); });
  if (std::ranges::all_of(table.columns.back().cells, &std::string::empty)) table.columns.pop_back();
  for (const Axis& axis : axes) {
    const bool numeric = !std::holds_alternative<std::string Record::*>(find_column(axis.column)->member);
    add(std::string(axis.title), numeric, [&](const Record& record) { return axis_text(record, axis); });
    const auto& cells = table.columns.back().cells;
    // n = n of the keys nearly always: the second column would only repeat the first.
    const bool repeats_n = axis.column == "seq_k" && std::ranges::all_of(records, [](const Record* record) {
                             return !record->seq_k || record->seq_k == record->seq_q;
                           });
    const bool is_constant = all_equal(cells);
    if (is_constant && !repeats_n && !cells.front().empty()) {
      constant.push_back(fmt::format("{} {}", axis.title, cells.front()));
    }
    if (is_constant || repeats_n) table.columns.pop_back();
  }
  if (!constant.empty()) table.heading.push_back(fmt::format("{}", fmt::join(constant, " · ")));
  if (std::string shared = parameters.shared(records); !shared.empty()) table.heading.push_back("params: " + shared);
}

}  // namespace attnscope::reports
