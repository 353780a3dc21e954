// The profile of one case: which op ran when, what it cost, and how full the memory pool was. Kept in a record's
// `profile` field.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "reports/record.h"

namespace attnscope::reports {

// One call of an op.
struct OpSpan {
  std::string op;
  bool backward = false;
  double start_ns = 0, duration_ns = 0;  // from the start of the run
  std::int64_t flops = 0, other = 0, exponentials = 0, bytes = 0;
  std::int64_t pool_bytes = 0;  // live in the memory pool while it ran, inputs and parameters included
};

// The run of median duration among the profiled ones.
struct Profile {
  std::int64_t runs = 0;
  double wall_ns = 0;  // of that run; what the spans leave is the harness's own work between ops
  std::vector<OpSpan> spans;
};

nlohmann::json to_json(const Profile& profile);
// Throws std::invalid_argument naming what is wrong.
Profile profile_from_json(const nlohmann::json& object);
// The record's profile; nothing when it has none, or an unreadable one.
std::optional<Profile> profile_of(const Record& record);

// All calls of one op in one pass.
struct OpTotal {
  std::string op;
  bool backward = false;
  std::int64_t calls = 0;
  double time_ns = 0;
  std::int64_t flops = 0, other = 0, exponentials = 0, bytes = 0;
  double time_share = 0;                // of wall_ns
  std::optional<double> roofline_frac;  // share of min(peak FLOP/s, FLOPs/bytes · peak bytes/s), as for the record
};
// The longest first. Ceilings are those of the record; without them there is no roofline_frac.
std::vector<OpTotal> totals_by_op(const Profile& profile, const Record& record);

// For each record with a profile: its name, then a table of totals with a last row for the time outside ops.
void write_profile_tables(std::ostream& out, std::span<const Record> records);

// Trace Event Format, as chrome://tracing and Perfetto read it: a process per case, a slice per op, a counter track of
// the memory pool.
nlohmann::json to_trace(std::span<const Record> records);

}  // namespace attnscope::reports
