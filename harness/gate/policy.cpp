#include "harness/gate/policy.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <system_error>
#include <toml++/toml.h>

#include "harness/errors.h"
#include "harness/plan/sweep.h"
#include "reports/data_directories.h"
#include "reports/metric.h"
#include "reports/number_text.h"

namespace attnscope::harness::gate {

namespace {

namespace fs = std::filesystem;
using reports::Column;
using reports::Direction;
using reports::Repeatability;
using reports::Rule;
using reports::Waiver;

constexpr double default_confidence = 0.99;

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto year = reports::parse_whole(text.substr(0, 4)), month = reports::parse_whole(text.substr(5, 2)),
             day = reports::parse_whole(text.substr(8, 2));
  if (!year || !month || !day) return false;
  return std::chrono::year_month_day(std::chrono::year(static_cast<int>(*year)),
                                     std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day)))
      .ok();
}

class PolicyReader {
 public:
  PolicyReader(const fs::path& path, const std::string& today) : path_(path), today_(today) {}

  reports::Policy read() {
    toml::table root;
    try {
      root = toml::parse_file(path_.string());
    } catch (const toml::parse_error& error) {
      throw UsageError(fmt::format("{}:{}: {}", path_.string(), error.source().begin.line, error.description()));
    }
    reports::Policy policy;
    if (const toml::node* defaults = root.get("default")) policy.confirm = read_defaults(table(*defaults, "[default]"));
    for (const auto& [name, node] : root) {
      if (name == "waive") {
        policy.waivers = read_waivers(node);
      } else {
        policy.rules.push_back(read_rule(std::string(name.str()), table(node, fmt::format("[{}]", name.str()))));
      }
    }
    if (policy.rules.empty()) {
      throw UsageError(
          fmt::format("{}:1: has no rule; expected a table such as [time] with metric, min_effect and "
                      "confidence",
                      path_.string()));
    }
    return policy;
  }

 private:
  [[noreturn]] void fail(const toml::node& node, std::string_view what) const {
    throw UsageError(fmt::format("{}:{}: {}", path_.string(), node.source().begin.line, what));
  }

  const toml::table& table(const toml::node& node, std::string_view name) const {
    const toml::table* result = node.as_table();
    if (result == nullptr) fail(node, fmt::format("'{}' must be a table", name));
    return *result;
  }

  void require_known(const toml::node& node, std::string_view kind, std::string_view name,
                     const std::vector<std::string>& known) const {
    if (std::ranges::find(known, name) == known.end()) fail(node, unknown_name(kind, name, known).what());
  }

  std::string text(const toml::node& node, std::string_view key, std::string_view expected = "a text") const {
    const auto* value = node.as_string();
    if (value == nullptr) fail(node, fmt::format("{} must be {}", key, expected));
    return value->get();
  }

  // "5%" or 0.05.
  double fraction(const toml::node& node, std::string_view key) const {
    if (const auto value = node.value<double>(); value && node.is_number()) return *value;
    const std::string given = text(node, key, "a fraction such as \"5%\" or 0.05");
    try {
      return plan::parse_fraction(given, key);
    } catch (const UsageError& error) {
      fail(node, error.what());
    }
  }

  double confidence(const toml::node& node) const {
    const double value = fraction(node, "confidence");
    if (!(value > 0 && value < 1)) fail(node, "confidence must lie between 0 and 1, such as 0.99");
    return value;
  }

  Direction direction(const toml::node& node) const {
    const std::string given = text(node, "one_sided", "\"higher\" or \"lower\"");
    require_known(node, "one_sided", given, {"higher", "lower"});
    return given == "higher" ? Direction::higher : Direction::lower;
  }

  // What [default] gives to the rules that do not say it; returns `confirm`.
  int read_defaults(const toml::table& entries) {
    if (const toml::node* node = entries.get("confidence")) confidence_ = confidence(*node);
    const toml::node* node = entries.get("confirm");
    if (node == nullptr) return 0;
    const auto* count = node->as_integer();
    if (count == nullptr || count->get() < 0 || count->get() > 1000)
      fail(*node, "confirm must be a whole number, 0 to 1000");
    return static_cast<int>(count->get());
  }

  const Column* metric(const toml::node& node) const {
    const std::string name = text(node, "metric");
    const auto known = reports::metric_names();
    require_known(node, "metric", name, known);
    return reports::find_column(name);
  }

  Rule read_rule(const std::string& name, const toml::table& entries) const {
    const bool is_default = name == "default";
    Rule rule{.name = name, .metric = nullptr, .confidence = confidence_};
    std::vector<std::string> known{"metric", "min_effect", "confidence", "one_sided"};
    if (is_default) known.emplace_back("confirm");
    for (const auto& [key, node] : entries) require_known(node, fmt::format("entry of [{}]", name), key.str(), known);
    if (const toml::node* node = entries.get("metric")) rule.metric = metric(*node);
    if (rule.metric == nullptr && is_default) rule.metric = reports::find_column("time_median_ns");
    if (rule.metric == nullptr)
      fail(entries, fmt::format("[{}] names no metric, such as metric = \"peak_memory_bytes\"", name));
    rule.fails = reports::worsening_direction(*rule.metric);
    if (const toml::node* node = entries.get("min_effect")) rule.min_effect = min_effect(*node);
    if (const toml::node* node = entries.get("confidence")) rule.confidence = confidence(*node);
    if (const toml::node* node = entries.get("one_sided")) rule.fails = direction(*node);
    if (rule.min_effect == 0 && reports::repeatability(*rule.metric) == Repeatability::single) {
      fail(entries, fmt::format("{} has one value a case and no interval, so that any noise would fail: give [{}] a "
                                "min_effect above 0",
                                rule.metric->name, name));
    }
    return rule;
  }

  double min_effect(const toml::node& node) const {
    const double value = fraction(node, "min_effect");
    if (!(value >= 0 && value < 100)) fail(node, "min_effect must be a fraction of at least 0, such as \"2%\"");
    return value;
  }

  std::vector<Waiver> read_waivers(const toml::node& node) const {
    const toml::array* entries = node.as_array();
    if (entries == nullptr) fail(node, "waivers are [[waive]] tables");
    std::vector<Waiver> waivers;
    for (const toml::node& entry : *entries) waivers.push_back(read_waiver(table(entry, "waive")));
    return waivers;
  }

  Waiver read_waiver(const toml::table& entries) const {
    Waiver waiver;
    static const std::vector<std::string> known{"filter", "until", "reason"};
    for (const auto& [key, node] : entries) require_known(node, "entry of [[waive]]", key.str(), known);
    for (const std::string& key : known) {
      if (entries.get(key) == nullptr) fail(entries, fmt::format("[[waive]] needs {}", key));
    }
    try {
      waiver.filter = reports::Filter::parse(text(*entries.get("filter"), "filter"));
    } catch (const reports::FilterError& error) {
      fail(*entries.get("filter"), error.what());
    }
    waiver.reason = text(*entries.get("reason"), "reason");
    waiver.until = date(*entries.get("until"));
    if (waiver.until < today_) {
      fail(*entries.get("until"),
           fmt::format("this waiver ended on {} (today is {}): mend what it waives, or give it a "
                       "later date and a reason",
                       waiver.until, today_));
    }
    return waiver;
  }

  std::string date(const toml::node& node) const {
    if (const auto* value = node.as_date()) {
      return fmt::format("{:04}-{:02}-{:02}", value->get().year, value->get().month, value->get().day);
    }
    std::string given = text(node, "until", "a date such as \"2026-12-31\"");
    if (!is_date(given)) fail(node, fmt::format("until: '{}' is no date; expected one such as 2026-12-31", given));
    return given;
  }

  const fs::path& path_;
  const std::string& today_;
  double confidence_ = default_confidence;
};

}  // namespace

reports::Policy read_policy(const fs::path& path, const std::string& today) { return PolicyReader(path, today).read(); }

fs::path find_policy(const std::string& name) {
  std::error_code error;
  if (fs::is_regular_file(name, error)) return name;
  std::vector<std::string> known;
  for (const fs::path& directory : reports::data_directories()) {
    for (const auto& entry : fs::directory_iterator(directory / "policies", error)) {
      if (entry.path().extension() != ".toml") continue;
      known.push_back(entry.path().stem().string());
      if (known.back() == name) return entry.path();
    }
  }
  throw UsageError(fmt::format("{}: no such file, and {}", name, unknown_name("policy", name, known).what()));
}

}  // namespace attnscope::harness::gate
