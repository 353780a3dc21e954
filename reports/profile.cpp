#include "reports/profile.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <stdexcept>
#include <utility>

#include "reports/markdown.h"

namespace attnscope::reports {

namespace {

using nlohmann::json;

std::string quantity(double value, Unit unit) { return format_quantity(value, unit); }

std::string per_cent(double share) { return fmt::format("{:.1f} %", 100 * share); }

// Texts in columns, the first left-aligned.
void write_columns(std::ostream& out, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << (i == 0 ? fmt::format("{:<{}}", row[i], widths[i]) : fmt::format("  {:>{}}", row[i], widths[i]));
    }
    out << '\n';
  }
}

void write_profile_table(std::ostream& out, const Profile& profile, const Record& record) {
  std::vector<std::vector<std::string>> rows{
      {"op", "pass", "calls", "time", "share", "FLOPs", "other", "exp", "bytes", "roofline"}};
  double accounted = 0;
  for (const OpTotal& total : totals_by_op(profile, record)) {
    accounted += total.time_ns;
    rows.push_back({total.op, total.backward ? "backward" : "forward", std::to_string(total.calls),
                    quantity(total.time_ns, Unit::nanoseconds), per_cent(total.time_share),
                    quantity(static_cast<double>(total.flops), Unit::flop), std::to_string(total.other),
                    std::to_string(total.exponentials), quantity(static_cast<double>(total.bytes), Unit::bytes),
                    total.roofline_frac ? per_cent(*total.roofline_frac) : "-"});
  }
  const double rest = std::max(0.0, profile.wall_ns - accounted);
  rows.push_back({"(between ops)", "", "", quantity(rest, Unit::nanoseconds),
                  profile.wall_ns > 0 ? per_cent(rest / profile.wall_ns) : "-", "", "", "", "", ""});
  write_columns(out, rows);
}

constexpr std::array count_fields{std::pair{"flops", &OpSpan::flops}, std::pair{"other", &OpSpan::other},
                                  std::pair{"exponentials", &OpSpan::exponentials}, std::pair{"bytes", &OpSpan::bytes},
                                  std::pair{"pool_bytes", &OpSpan::pool_bytes}};

}  // namespace

json to_json(const Profile& profile) {
  json spans = json::array();
  for (const OpSpan& span : profile.spans) {
    json object = {{"op", span.op}, {"start_ns", span.start_ns}, {"duration_ns", span.duration_ns}};
    if (span.backward) object["backward"] = true;
    for (const auto& [name, member] : count_fields) object[name] = span.*member;
    spans.push_back(std::move(object));
  }
  return {{"runs", profile.runs}, {"wall_ns", profile.wall_ns}, {"spans", std::move(spans)}};
}

Profile profile_from_json(const json& object) {
  try {
    Profile profile{object.at("runs"), object.at("wall_ns"), {}};
    for (const json& each : object.at("spans")) {
      OpSpan span{each.at("op"), each.value("backward", false), each.at("start_ns"), each.at("duration_ns")};
      for (const auto& [name, member] : count_fields) span.*member = each.at(name);
      profile.spans.push_back(std::move(span));
    }
    return profile;
  } catch (const json::exception& error) {
    throw std::invalid_argument(fmt::format("not a profile as `attnscope run --profile` writes it ({})", error.what()));
  }
}

std::optional<Profile> profile_of(const Record& record) {
  if (!record.profile.is_object()) return std::nullopt;
  try {
    return profile_from_json(record.profile);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

std::vector<OpTotal> totals_by_op(const Profile& profile, const Record& record) {
  std::map<std::pair<std::string, bool>, OpTotal> totals;
  for (const OpSpan& span : profile.spans) {
    OpTotal& total = totals[{span.op, span.backward}];
    total.op = span.op;
    total.backward = span.backward;
    ++total.calls;
    total.time_ns += span.duration_ns;
    total.flops += span.flops;
    total.other += span.other;
    total.exponentials += span.exponentials;
    total.bytes += span.bytes;
  }
  std::vector<OpTotal> list;
  for (auto& [key, total] : totals) {
    if (profile.wall_ns > 0) total.time_share = total.time_ns / profile.wall_ns;
    if (record.peak_flop_per_s && record.peak_bytes_per_s && total.time_ns > 0) {
      // The time that the ceilings allow over the time taken: defined for ops without FLOPs, too.
      const double least_s = std::max(static_cast<double>(total.flops) / *record.peak_flop_per_s,
                                      static_cast<double>(total.bytes) / *record.peak_bytes_per_s);
      total.roofline_frac = least_s * 1e9 / total.time_ns;
    }
    list.push_back(std::move(total));
  }
  std::ranges::stable_sort(list, std::ranges::greater{}, &OpTotal::time_ns);
  return list;
}

void write_profile_tables(std::ostream& out, std::span<const Record> records) {
  bool first = true;
  for (const Record& record : records) {
    const auto profile = profile_of(record);
    if (!profile) continue;
    if (!std::exchange(first, false)) out << '\n';
    out << record.case_key << '\n'
        << fmt::format("one of {} runs, {}; the case's median without profiling is {}\n", profile->runs,
                       quantity(profile->wall_ns, Unit::nanoseconds),
                       record.time_median_ns ? quantity(*record.time_median_ns, Unit::nanoseconds) : "not known");
    write_profile_table(out, *profile, record);
  }
}

json to_trace(std::span<const Record> records) {
  constexpr double per_microsecond = 1e-3;
  json events = json::array();
  int process = 0;
  for (const Record& record : records) {
    const auto profile = profile_of(record);
    if (!profile) continue;
    ++process;
    const auto event = [&](const char* phase, const std::string& name, double time_ns) -> json& {
      events.push_back(
          {{"ph", phase}, {"name", name}, {"pid", process}, {"tid", 1}, {"ts", time_ns * per_microsecond}});
      return events.back();
    };
    event("M", "process_name", 0)["args"] = {{"name", record.case_key}};
    for (const OpSpan& span : profile->spans) {
      json& slice = event("X", span.op, span.start_ns);
      slice["cat"] = span.backward ? "backward" : "forward";
      slice["dur"] = span.duration_ns * per_microsecond;
      slice["args"] = {{"flops", span.flops}, {"exponentials", span.exponentials}, {"bytes", span.bytes}};
      event("C", "memory pool", span.start_ns)["args"] = {{"bytes", span.pool_bytes}};
    }
  }
  return {{"displayTimeUnit", "ns"}, {"traceEvents", std::move(events)}};
}

}  // namespace attnscope::reports
