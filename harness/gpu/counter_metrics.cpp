#include "harness/gpu/counter_metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>

namespace attnscope::harness::gpu {

namespace {

enum class Family { scalar, tensor, other };

// `name`: of a scalar instruction the part between "op_" and "_pred_on", of a tensor type the word in "src_…", else the
// names it goes by.
struct Description {
  CounterKind kind;
  std::string_view words;
  Family family;
  double work = 1;
  std::string_view name;
  std::string_view other_name = {};
  std::string_view rollup = "sum";
};

using enum CounterKind;
constexpr std::array descriptions{
    Description{f32_add, "float32 additions", Family::scalar, 1, "fadd"},
    Description{f32_multiply, "float32 products", Family::scalar, 1, "fmul"},
    Description{f32_multiply_add, "float32 multiply-adds", Family::scalar, 2, "ffma"},
    Description{f32_add_packed, "packed float32 additions", Family::scalar, 2, "fadd2"},
    Description{f32_multiply_packed, "packed float32 products", Family::scalar, 2, "fmul2"},
    Description{f32_multiply_add_packed, "packed float32 multiply-adds", Family::scalar, 4, "ffma2"},
    Description{f16_add, "float16 additions", Family::scalar, 1, "hadd"},
    Description{f16_multiply, "float16 products", Family::scalar, 1, "hmul"},
    Description{f16_multiply_add, "float16 multiply-adds", Family::scalar, 2, "hfma"},
    Description{f64_add, "float64 additions", Family::scalar, 1, "dadd"},
    Description{f64_multiply, "float64 products", Family::scalar, 1, "dmul"},
    Description{f64_multiply_add, "float64 multiply-adds", Family::scalar, 2, "dfma"},
    Description{tensor_bf16, "bfloat16 tensor operations", Family::tensor, 1, "bf16"},
    Description{tensor_f16, "float16 tensor operations", Family::tensor, 1, "fp16"},
    Description{tensor_tf32, "tf32 tensor operations", Family::tensor, 1, "tf32"},
    Description{tensor_f64, "float64 tensor operations", Family::tensor, 1, "fp64"},
    Description{tensor_f8, "float8 tensor operations", Family::tensor, 1, "fp8"},
    Description{transcendental, "transcendental warp instructions", Family::other, 1, "smsp__inst_executed_pipe_xu"},
    Description{dram_read, "DRAM bytes read", Family::other, 1, "dram__bytes_read", "dram__bytes_op_read"},
    Description{dram_write, "DRAM bytes written", Family::other, 1, "dram__bytes_write", "dram__bytes_op_write"},
    Description{l2, "L2 bytes", Family::other, 1, "lts__t_bytes"},
    Description{duration, "duration", Family::other, 1, "gpu__time_duration"},
    Description{cycles, "SM cycles", Family::other, 1, "sm__cycles_elapsed", {}, "max"},
};

const Description& description(CounterKind kind) { return *std::ranges::find(descriptions, kind, &Description::kind); }

// "bf16", and "fp16", "bf16" and "tf32" of "sm__ops_path_tensor_src_fp16_bf16_tf32_dst_fp32". Counters of one
// instruction, of sparse operands or in real time are parts or copies of those and have no sources here.
bool multiplies(std::string_view counter, std::string_view type) {
  constexpr std::string_view prefix = "sm__ops_path_tensor_src_";
  if (!counter.starts_with(prefix)) return false;
  counter.remove_prefix(prefix.size());
  if (counter.find("sparsity") != counter.npos || counter.find("realtime") != counter.npos) return false;
  counter = counter.substr(0, counter.find("_dst_"));
  while (!counter.empty()) {
    const std::size_t end = counter.find('_');
    if (counter.substr(0, end) == type) return true;
    counter.remove_prefix(end == counter.npos ? counter.size() : end + 1);
  }
  return false;
}

bool tells(std::string_view counter, const Description& wanted) {
  switch (wanted.family) {
    case Family::scalar:
      return counter == fmt::format("sm__sass_thread_inst_executed_op_{}_pred_on", wanted.name);
    case Family::tensor:
      return multiplies(counter, wanted.name);
    case Family::other:
      return counter == wanted.name || (!wanted.other_name.empty() && counter == wanted.other_name);
  }
  return false;
}

bool is_packed(CounterKind kind) {
  return kind == f32_add_packed || kind == f32_multiply_packed || kind == f32_multiply_add_packed;
}

std::vector<CounterKind> kinds(const MetricRequest& request) {
  std::vector<CounterKind> kinds;
  const auto add = [&](std::initializer_list<CounterKind> more) { kinds.insert(kinds.end(), more); };
  for (const ScalarType type : request.scalar) {
    switch (type) {
      case ScalarType::f32:
        add({f32_add, f32_multiply, f32_multiply_add, f32_add_packed, f32_multiply_packed, f32_multiply_add_packed});
        break;
      case ScalarType::f16:
        add({f16_add, f16_multiply, f16_multiply_add});
        break;
      case ScalarType::f64:
        add({f64_add, f64_multiply, f64_multiply_add});
        break;
    }
  }
  for (const TensorType type : request.tensor) {
    constexpr std::array of_type{tensor_bf16, tensor_f16, tensor_tf32, tensor_f64, tensor_f8};
    add({of_type.at(static_cast<std::size_t>(type))});
  }
  if (request.transcendental) add({transcendental});
  if (request.memory) add({dram_read, dram_write, l2, duration, cycles});
  return kinds;
}

void check_sizes(const MetricSet& set, std::span<const double> values) {
  if (values.size() == set.counters.size()) return;
  throw std::invalid_argument(fmt::format("{} values for {} counters", values.size(), set.counters.size()));
}

}  // namespace

std::string_view to_string(CounterKind kind) { return description(kind).words; }

std::optional<CounterKind> counter_kind(std::string_view words) {
  const auto found = std::ranges::find(descriptions, words, &Description::words);
  if (found == descriptions.end()) return std::nullopt;
  return found->kind;
}

bool counts_flops(CounterKind kind) { return description(kind).family != Family::other; }

double work_per_count(CounterKind kind) { return description(kind).work; }

std::vector<std::string> MetricSet::metrics() const {
  std::vector<std::string> names;
  for (const Counter& counter : counters) names.push_back(counter.metric);
  return names;
}

MetricSet choose_metrics(const MetricRequest& request, const std::vector<std::string>& chip_counters) {
  MetricSet set;
  for (const CounterKind kind : kinds(request)) {
    const Description& wanted = description(kind);
    bool found = false;
    for (const std::string& counter : chip_counters) {
      if (!tells(counter, wanted)) continue;
      found = true;
      std::string metric = fmt::format("{}.{}", counter, wanted.rollup);
      // A counter of several types is counted once, for the first of them.
      if (std::ranges::find(set.counters, metric, &Counter::metric) == set.counters.end()) {
        set.counters.push_back({kind, std::move(metric)});
      }
    }
    // Chips that lack packed instructions are not short of anything.
    if (!found && !is_packed(kind)) set.missing.push_back(kind);
  }
  return set;
}

void Calibration::set(CounterKind kind, double counted, double expected) {
  if (!(counted > 0) || !(expected > 0) || !std::isfinite(counted) || !std::isfinite(expected)) {
    throw std::invalid_argument(fmt::format("calibration of {}: counted {} for {}, but both must be positive",
                                            to_string(kind), counted, expected));
  }
  ratios_[kind] = counted / expected;
}

double Calibration::ratio(CounterKind kind) const {
  const auto found = ratios_.find(kind);
  return found == ratios_.end() ? 1 : found->second;
}

double work_of(CounterKind kind, const MetricSet& set, std::span<const double> values) {
  check_sizes(set, values);
  double work = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (set.counters[i].kind == kind) work += values[i] * work_per_count(kind);
  }
  return work;
}

CounterTotals total(const MetricSet& set, std::span<const double> values, const Calibration& calibration) {
  check_sizes(set, values);
  CounterTotals totals;
  const auto work = [&](CounterKind kind) -> std::optional<double> {
    if (std::ranges::find(set.counters, kind, &Counter::kind) == set.counters.end()) return std::nullopt;
    return work_of(kind, set, values) / calibration.ratio(kind);
  };
  for (const Description& counted : descriptions) {
    if (counted.family == Family::scalar) totals.flops_scalar += work(counted.kind).value_or(0);
    if (counted.family == Family::tensor) totals.flops_tensor += work(counted.kind).value_or(0);
  }
  totals.transcendental_instructions = work(transcendental);
  totals.dram_read_bytes = work(dram_read);
  totals.dram_write_bytes = work(dram_write);
  totals.l2_bytes = work(l2);
  totals.cycles = work(cycles);
  if (const auto nanoseconds = work(duration)) totals.duration_seconds = 1e-9 * *nanoseconds;
  totals.flops_measured = totals.flops_scalar + totals.flops_tensor;
  if (totals.dram_read_bytes && totals.dram_write_bytes) {
    totals.dram_bytes = *totals.dram_read_bytes + *totals.dram_write_bytes;
  }
  return totals;
}

std::string describe(const MetricSet& set, const Calibration& calibration) {
  std::string flops, bytes, missing;
  for (const auto& [kind, metric] : set.counters) {
    const bool is_bytes = kind == dram_read || kind == dram_write;
    if (!is_bytes && !counts_flops(kind)) continue;
    std::string& text = is_bytes ? bytes : flops;
    text += fmt::format("{}{}×{:g}", text.empty() ? "" : " + ", metric, work_per_count(kind) / calibration.ratio(kind));
  }
  for (const CounterKind kind : set.missing) {
    missing += fmt::format("{}{}", missing.empty() ? "; not counted: " : ", ", to_string(kind));
  }
  return fmt::format("FLOPs: {}; bytes: {}{}", flops.empty() ? "none" : flops, bytes.empty() ? "none" : bytes, missing);
}

}  // namespace attnscope::harness::gpu
