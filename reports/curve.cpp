#include "reports/curve.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <stdexcept>

namespace attnscope::reports {

namespace {

constexpr std::array<std::string_view, 2> variant_axes{"variant", "params"};
constexpr std::array<std::string_view, 14> setting_axes{"scope",     "mode",        "causal", "dtype",    "device",
                                                        "threads",   "batch",       "heads",  "kv_heads", "head_dim",
                                                        "value_dim", "cache_state", "launch", "input"};
constexpr std::array<std::string_view, 2> length_axes{"seq_q", "seq_k"};

std::string key_of(const Record& record, std::span<const std::string_view> first,
                   std::span<const std::string_view> second) {
  std::string key;
  for (const auto axes : {first, second}) {
    for (const std::string_view axis : axes) key += format_value(record, *find_column(axis)) + '\x1f';
  }
  return key;
}

// The times behind a median and their interval belong to this metric only.
CurvePoint make_point(const Record& record, const Column& metric, double value) {
  CurvePoint point{static_cast<double>(*sequence_length(record)), value, std::nullopt, {}, &record};
  if (metric.name != "time_median_ns") return point;
  if (record.time_ci_lo_ns && record.time_ci_hi_ns)
    point.interval = Interval{*record.time_ci_lo_ns, *record.time_ci_hi_ns};
  point.samples = record.samples_ns;
  std::erase_if(point.samples, [](double sample) { return !(sample > 0) || !std::isfinite(sample); });
  std::ranges::sort(point.samples);
  return point;
}

}  // namespace

std::optional<std::int64_t> sequence_length(const Record& record) {
  return record.mode == "decode" ? record.seq_k : record.seq_q;
}

void require_ascending(std::span<const CurvePoint> points) {
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (points[i].n > points[i - 1].n) continue;
    throw std::invalid_argument(fmt::format("length {} follows {}; expected one point per length, in ascending order",
                                            points[i].n, points[i - 1].n));
  }
}

std::string curve_key(const Record& record) { return key_of(record, variant_axes, setting_axes); }

std::string comparable_key(const Record& record) { return key_of(record, setting_axes, length_axes); }

std::vector<Curve> make_curves(std::span<const Record* const> records, const Column& metric) {
  struct Cells {
    const Record* first;
    std::map<std::int64_t, const Record*> measured, holes;
  };
  std::vector<Cells> groups;
  std::map<std::string, std::size_t> index;
  for (const Record* pointer : records) {
    const Record& record = *pointer;
    const auto n = sequence_length(record);
    if (!n || record.status == Status::excluded) continue;
    const auto [entry, is_new] = index.emplace(curve_key(record), groups.size());
    if (is_new) groups.push_back({&record, {}, {}});
    Cells& cells = groups[entry->second];
    const auto value = number(record, metric);
    const bool usable = value && std::isfinite(*value) && record.status != Status::wrong;
    (usable ? cells.measured : cells.holes)[*n] = &record;
  }
  std::vector<Curve> curves;
  for (const Cells& cells : groups) {
    Curve curve{cells.first, {}, {}};
    for (const auto& [n, record] : cells.measured)
      curve.points.push_back(make_point(*record, metric, *number(*record, metric)));
    for (const auto& [n, record] : cells.holes) {
      if (!cells.measured.contains(n)) curve.holes.push_back(record);
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

std::vector<Curve> make_curves(std::span<const Record> records, const Column& metric) {
  std::vector<const Record*> pointers;
  for (const Record& record : records) pointers.push_back(&record);
  return make_curves(std::span<const Record* const>(pointers), metric);
}

}  // namespace attnscope::reports
