#include "reports/metric.h"

#include <algorithm>
#include <array>

namespace attnscope::reports {

namespace {

constexpr std::array repeatable{
    "max_abs_err",          "max_rel_err",    "approx_err_vs_exact", "peak_memory_bytes", "peak_activations_bytes",
    "peak_workspace_bytes", "allocs_per_call"};
constexpr std::array rates{"flop_per_s", "dense_flop_per_s", "tokens_per_s", "bytes_per_s", "mfu", "roofline_frac"};

bool contains(const auto& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

bool is_speed(const Column& metric) {
  return metric.unit == Unit::nanoseconds || repeatability(metric) == Repeatability::inverse_timed;
}

}  // namespace

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const Column& column : columns()) {
    const bool is_number = std::holds_alternative<OptionalNumber<double> Record::*>(column.member) ||
                           std::holds_alternative<OptionalNumber<std::int64_t> Record::*>(column.member);
    if (is_number) names.emplace_back(column.name);
  }
  return names;
}

Repeatability repeatability(const Column& metric) {
  if (metric.name == "time_median_ns") return Repeatability::timed;
  if (contains(rates, metric.name)) return Repeatability::inverse_timed;
  if (metric.better == Better::exact || contains(repeatable, metric.name)) return Repeatability::exact;
  return Repeatability::single;
}

std::string_view word_for_better(const Column& metric) {
  if (is_speed(metric)) return "faster";
  return metric.better == Better::lower ? "smaller" : "higher";
}

std::string_view word_for_worse(const Column& metric) {
  if (is_speed(metric)) return "slower";
  return metric.better == Better::lower ? "larger" : "lower";
}

}  // namespace attnscope::reports
