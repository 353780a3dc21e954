// Records grouped into curves: one cost over the sequence length, everything else equal.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/record.h"
#include "reports/statistics.h"

namespace attnscope::reports {

struct CurvePoint {
  double n = 0;
  double value = 0;                  // the median for a time, the count itself for bytes and FLOPs
  std::optional<Interval> interval;  // 95 %, where the value is an estimate
  std::vector<double> samples;       // sorted; of a time, when the file has them
  const Record* record = nullptr;    // nullptr for points that come from elsewhere
};

struct Curve {
  const Record* first = nullptr;     // any record of the curve: its axes but the length
  std::vector<CurvePoint> points;    // ascending in n, one per length
  std::vector<const Record*> holes;  // cases without this metric, ascending in n: oom, timeout, unsupported …
};

// The length that a case is about: the keys' length for decoding (one query against N), else the queries'.
std::optional<std::int64_t> sequence_length(const Record& record);

// Throws std::invalid_argument unless the lengths ascend strictly, as make_curves gives them.
void require_ascending(std::span<const CurvePoint> points);

// What two records must share to lie on one curve: every axis but the length, as text.
std::string curve_key(const Record& record);
// What records of two variants must share to be compared: every axis but the variant and its hyper-parameters.
std::string comparable_key(const Record& record);

// Curves of one metric, in order of appearance. Of several records of one case the last measured one counts; excluded
// cases are left out.
std::vector<Curve> make_curves(std::span<const Record* const> records, const Column& metric);
std::vector<Curve> make_curves(std::span<const Record> records, const Column& metric);

}  // namespace attnscope::reports
