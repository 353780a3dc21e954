#include "reports/record.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "reports/number_text.h"

namespace attnscope::reports {

namespace {

constexpr std::array<std::pair<Status, std::string_view>, 11> status_names{{
    {Status::ok, "ok"},
    {Status::unstable, "unstable"},
    {Status::wrong, "wrong"},
    {Status::unsupported, "unsupported"},
    {Status::excluded, "excluded"},
    {Status::oom_predicted, "oom_predicted"},
    {Status::oom, "oom"},
    {Status::timeout, "timeout"},
    {Status::crashed, "crashed"},
    {Status::throttled, "throttled"},
    {Status::interrupted, "interrupted"},
}};

}  // namespace

std::string_view to_string(Status status) {
  const auto found = std::ranges::find(status_names, status, [](const auto& entry) { return entry.first; });
  return found == status_names.end() ? "?" : found->second;
}

std::optional<Status> status_from_string(std::string_view text) {
  const auto found = std::ranges::find(status_names, text, [](const auto& entry) { return entry.second; });
  if (found == status_names.end()) return std::nullopt;
  return found->first;
}

bool has_measurement(Status status) {
  return status == Status::ok || status == Status::unstable || status == Status::throttled;
}

const Column* find_column(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const Column*> map;
    for (const Column& column : columns()) map.emplace(column.name, &column);
    return map;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

namespace {

std::string to_text(const std::string& value) { return value; }
std::string to_text(Status value) { return std::string(to_string(value)); }
std::string to_text(OptionalNumber<double> value) { return value ? shortest_decimal(*value) : ""; }
std::string to_text(OptionalNumber<std::int64_t> value) { return value ? std::to_string(*value) : ""; }

std::optional<double> to_number(const std::string&) { return std::nullopt; }
std::optional<double> to_number(Status) { return std::nullopt; }
std::optional<double> to_number(OptionalNumber<std::int64_t> value) {
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}
std::optional<double> to_number(OptionalNumber<double> value) {
  return value && std::isfinite(*value) ? std::optional(*value) : std::nullopt;
}

}  // namespace

std::string format_value(const Record& record, const Column& column) {
  return std::visit([&](auto member) { return to_text(record.*member); }, column.member);
}

std::optional<double> number(const Record& record, const Column& column) {
  return std::visit([&](auto member) { return to_number(record.*member); }, column.member);
}

}  // namespace attnscope::reports
