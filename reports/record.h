// The result of one case: one flat struct, and one table that names every column, its unit and its meaning.
// Files, tables, filters and the viewer are generic over that table, so a new metric is one member and one row.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reports/optional_number.h"

namespace attnscope::reports {

// Semantic version of the record schema. Readers keep fields they do not know and name a newer major version.
inline constexpr std::string_view schema_version = "1.4.0";

// How a planned case ended. The set is closed: every planned case yields exactly one record with one of these.
enum class Status {
  ok,
  unstable,       // measured, but the asked precision was not reached; the reason says why
  wrong,          // failed validation: no time is reported
  unsupported,    // the variant cannot do it (causal, dtype, shape); the reason says why
  excluded,       // removed by --where
  oom_predicted,  // needs more memory than allowed; nothing was allocated
  oom,
  timeout,
  crashed,
  throttled,
  interrupted,
};
std::string_view to_string(Status status);
std::optional<Status> status_from_string(std::string_view text);
// True when the record holds a measured time (ok, unstable, throttled).
bool has_measurement(Status status);

struct Record {
  // --- identity
  std::string schema_version{reports::schema_version};
  std::string run_id;    // UUID of the invocation that measured it
  std::string case_id;   // 16 hexadecimal digits: hash of case_key
  std::string case_key;  // canonical "variant=…;scope=…;…", equal for equal cases in any run
  std::string repro;     // a command line that measures this case again

  // --- axes
  std::string variant, impl, family, pattern, scope, mode, dtype, acc_dtype, device, cache_state, launch, input;
  std::string params;                   // hyper-parameters, "name=value;…" in declaration order
  OptionalNumber<std::int64_t> causal;  // 0 or 1
  OptionalNumber<std::int64_t> batch, heads, kv_heads, seq_q, seq_k, head_dim, value_dim, threads, seed;

  // --- status
  Status status = Status::ok;
  std::string status_reason;
  std::string validated;     // "full", "reduced" (a smaller shape, see validated_at) or "none"
  std::string validated_at;  // "batch=…;heads=…;n=…" of the validated shape
  OptionalNumber<double> max_abs_err, max_rel_err, err_tol, approx_err_vs_exact;
  std::string err_rule;    // "exact", "stored", "spread"; "" when not validated, or by a schema before 1.2
  std::string err_arrays;  // those that needed more than "exact": "output, gradient of q"

  // --- time, nanoseconds
  OptionalNumber<double> time_median_ns, time_ci_lo_ns, time_ci_hi_ns, time_mean_ns, time_stdev_ns, time_min_ns,
      time_p05_ns, time_p25_ns, time_p75_ns, time_p95_ns, time_max_ns;
  OptionalNumber<std::int64_t> samples, samples_discarded, outliers_mild, outliers_severe;
  OptionalNumber<double> rel_noise;  // interquartile range / median
  OptionalNumber<std::int64_t> inner_iterations, processes, warmup_runs;
  std::string warmup_end;  // how the warm-up knew that it was over
  // On devices: between events (as time_median_ns there), by the host's clock, and the sum of the kernels' own times.
  OptionalNumber<double> gpu_time_median_ns, wall_time_median_ns, kernel_time_ns;
  OptionalNumber<double> cpu_time_median_ns, setup_time_ns, timer_overhead_ns;

  // --- clocks
  OptionalNumber<double> clock_mean_hz, clock_min_hz, cycles_median, load_mean, drift_frac;
  OptionalNumber<std::int64_t> throttle_events;
  OptionalNumber<double> temp_max_c, power_mean_w, energy_per_call_j;
  std::string energy_source;  // how the energy was found, or why it was not

  // --- work
  OptionalNumber<std::int64_t> flops_model, flops_other_model, exponentials_model, flops_dense, flops_measured;
  std::string flops_source, flops_convention;
  OptionalNumber<std::int64_t> bytes_model, bytes_measured;
  std::string counter_events;  // hardware events behind the measured counts, or why there are none
  OptionalNumber<double> arithmetic_intensity;

  // --- rates (SI)
  OptionalNumber<double> flop_per_s, dense_flop_per_s, tokens_per_s, bytes_per_s, mfu, roofline_frac, peak_flop_per_s,
      peak_bytes_per_s;
  std::string peak_source;

  // --- memory, bytes
  OptionalNumber<std::int64_t> mem_io_bytes, mem_workspace_model_bytes, peak_memory_bytes, peak_memory_predicted_bytes,
      peak_activations_bytes, peak_workspace_bytes, mem_peak_rss_bytes, mem_peak_device_bytes,
      mem_reserved_device_bytes, mem_allocated_device_bytes, allocs_per_call;

  // --- environment
  std::string env_id;

  // --- only in JSONL
  std::vector<double> samples_ns;                 // process after process
  std::vector<std::int64_t> samples_per_process;  // empty: all from one
  std::string started_at;                         // UTC, ISO 8601
  OptionalNumber<std::int64_t> order_index;
  nlohmann::json profile;  // of --profile: time per op and the memory pool over time; null without
  nlohmann::json unknown;  // fields of a newer schema, kept and written back
};

// Where a column's value lives in a Record.
using Member = std::variant<std::string Record::*, OptionalNumber<double> Record::*,
                            OptionalNumber<std::int64_t> Record::*, Status Record::*>;

enum class Unit {
  none,
  nanoseconds,
  bytes,
  flop,
  count,
  ratio,
  hertz,
  flop_per_second,
  bytes_per_second,
  tokens_per_second,
  celsius,
  watt,
  joule
};

// Which way is better, for gates and rankings.
enum class Better { none, lower, higher, exact };

struct Column {
  std::string_view name;  // the JSON key and the CSV header
  Unit unit;
  Better better;
  std::string_view meaning;  // one sentence, shown by docs and tooltips
  Member member;
};

// All columns, in the fixed order of the CSV. samples_ns, started_at, order_index and unknown are JSONL-only.
std::span<const Column> columns();
// nullptr when there is no such column.
const Column* find_column(std::string_view name);
// The column's value as text ("" when not available), exactly as the CSV prints it.
std::string format_value(const Record& record, const Column& column);
// The column's value as a number, when it is one and available.
std::optional<double> number(const Record& record, const Column& column);

// The machine and build that measured a run: a free set of named values, kept as JSON.
struct Environment {
  std::string env_id;
  nlohmann::json values = nlohmann::json::object();
};

// A fixed small case that is measured again and again during a run: what it shows is the machine, not a variant.
struct Reference {
  std::string run_id;
  std::string started_at;        // UTC, ISO 8601
  std::int64_t order_index = 0;  // measured before the case of that index
  double time_median_ns = 0;
  double time_ci_lo_ns = 0, time_ci_hi_ns = 0;
  OptionalNumber<double> clock_mean_hz, load_mean;
  std::string device{};  // that it was measured on; "" before schema 1.4: the CPU

  bool is_of_cpu() const { return device.empty() || device == "cpu"; }
};

// One invocation: an environment record, one record per planned case and the references between them.
struct Run {
  std::string path;  // where it was read from, "" when not read from a file
  std::vector<Environment> environments;
  std::vector<Record> records;
  std::vector<Reference> references;
};

}  // namespace attnscope::reports
