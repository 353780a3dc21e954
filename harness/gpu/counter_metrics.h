// Which hardware counters of a chip tell what, and what their values add up to.
//
// Counters are chosen from the list that CUPTI gives for the chip, because names differ: float16 products on tensor
// cores are `src_fp16` on GH100 and `src_fp16_dst_fp16` + `src_fp16_dst_fp32` elsewhere, reads of memory are
// `dram__bytes_read` or, on GB202, `dram__bytes_op_read`. All here are pure functions of that list.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attnscope::harness::gpu {

// What one counter counts, with its unit.
enum class CounterKind {
  // Instructions executed by a thread whose predicate holds ("_packed": two elements in one instruction, Blackwell).
  f32_add,
  f32_multiply,
  f32_multiply_add,
  f32_add_packed,
  f32_multiply_packed,
  f32_multiply_add_packed,
  f16_add,
  f16_multiply,
  f16_multiply_add,
  f64_add,
  f64_multiply,
  f64_multiply_add,
  // "Math operations" of the tensor cores, by the type of the factors.
  tensor_bf16,
  tensor_f16,
  tensor_tf32,
  tensor_f64,
  tensor_f8,
  // Warp instructions of the unit for exponentials, reciprocals, roots and conversions; up to 32 of them each.
  transcendental,
  dram_read,   // bytes
  dram_write,  // bytes
  l2,          // bytes requested from the L2 cache
  duration,    // ns from the start to the end of the range
  cycles,      // of the SM with the most
};
std::string_view to_string(CounterKind kind);
// The kind of that name, if there is one.
std::optional<CounterKind> counter_kind(std::string_view words);
// Whether its work is arithmetic, in FLOPs.
bool counts_flops(CounterKind kind);

enum class ScalarType { f32, f16, f64 };
enum class TensorType { bf16, f16, tf32, f64, f8 };

// What is to be known of a run. Every type costs passes, so ask for those that the kernels can use.
struct MetricRequest {
  std::vector<ScalarType> scalar{ScalarType::f32, ScalarType::f16};
  std::vector<TensorType> tensor;
  bool transcendental = true;
  bool memory = true;  // DRAM and L2 bytes, duration and cycles
};

struct Counter {
  CounterKind kind;
  std::string metric;  // "dram__bytes_read.sum"
};

struct MetricSet {
  std::vector<Counter> counters;
  // What was asked for and the chip does not count. For tensor kinds this means that it has no such unit; integrated
  // GPUs do not count DRAM.
  std::vector<CounterKind> missing;

  std::vector<std::string> metrics() const;
};

// `chip_counters`: every base counter of the chip (counter_host.h), in any order.
MetricSet choose_metrics(const MetricRequest& request, const std::vector<std::string>& chip_counters);

// How much a counter shows per unit of work, found by kernels of known work; 1 where nobody has measured. Two things
// are not documented: what an HFMA2, which holds two multiply-adds, adds to the count of HFMA, and whether a tensor
// core's multiply-add is one math operation or two.
class Calibration {
 public:
  // Both positive and in the kind's unit of work: FLOPs for arithmetic (multiply-add = 2), else the counter's own;
  // `counted` as work_of() gives it. Throws std::invalid_argument otherwise.
  void set(CounterKind kind, double counted, double expected);

  double ratio(CounterKind kind) const;  // counted / expected
  const std::map<CounterKind, double>& ratios() const { return ratios_; }

 private:
  std::map<CounterKind, double> ratios_;
};

// Multiply-add = 2. Empty where nothing was counted for it.
struct CounterTotals {
  double flops_scalar = 0, flops_tensor = 0;
  double flops_measured = 0;  // the sum of the two
  std::optional<double> transcendental_instructions;
  std::optional<double> dram_read_bytes, dram_write_bytes, dram_bytes, l2_bytes;
  std::optional<double> duration_seconds, cycles;
};

// The work that one count of the kind stands for when nothing is calibrated: FLOPs for arithmetic, 1 otherwise.
double work_per_count(CounterKind kind);

// All work of one kind, without calibration. `values` as for total().
double work_of(CounterKind kind, const MetricSet& set, std::span<const double> values);

// `values`: one per counter of the set, in its order. Throws std::invalid_argument when their numbers differ.
CounterTotals total(const MetricSet& set, std::span<const double> values, const Calibration& calibration = {});

// Which counters FLOPs and DRAM bytes come from, what each count is worth, and what the device does not count:
// "FLOPs: sm__….sum×2 + …; bytes: dram__bytes_read.sum×1 + …; not counted: …".
std::string describe(const MetricSet& set, const Calibration& calibration = {});

}  // namespace attnscope::harness::gpu
