// Which counters of a GPU are chosen, what they add up to, and in how many passes they are read.
#include "harness/gpu/counter_metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "harness/gpu/counter_host.h"
#include "harness/gpu/profiler.h"

namespace attnscope::harness::gpu {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Which counters are chosen, from a made-up list.

std::vector<std::string> hopper_like() {
  return {"sm__sass_thread_inst_executed_op_fadd_pred_on",
          "sm__sass_thread_inst_executed_op_fmul_pred_on",
          "sm__sass_thread_inst_executed_op_ffma_pred_on",
          "smsp__sass_thread_inst_executed_op_ffma_pred_on",
          "sm__sass_thread_inst_executed_op_hadd_pred_on",
          "sm__sass_thread_inst_executed_op_hmul_pred_on",
          "sm__sass_thread_inst_executed_op_hfma_pred_on",
          "sm__ops_path_tensor_src_bf16_dst_fp32",
          "sm__ops_path_tensor_src_bf16_dst_fp32_sparsity_on",
          "sm__ops_path_tensor_src_bf16_dst_fp32_realtime",
          "sm__ops_path_tensor_op_hgmma_src_bf16_dst_fp32",
          "sm__ops_path_tensor_src_fp16",
          "smsp__inst_executed_pipe_xu",
          "dram__bytes_read",
          "dram__bytes_write",
          "dram__bytes",
          "lts__t_bytes",
          "gpu__time_duration",
          "sm__cycles_elapsed"};
}

TEST(CounterMetrics, ChooseTheWholeAndNotItsParts) {
  const MetricSet set = choose_metrics({.scalar = {ScalarType::f32}, .tensor = {TensorType::bf16}}, hopper_like());
  EXPECT_THAT(set.metrics(), ElementsAre("sm__sass_thread_inst_executed_op_fadd_pred_on.sum",
                                         "sm__sass_thread_inst_executed_op_fmul_pred_on.sum",
                                         "sm__sass_thread_inst_executed_op_ffma_pred_on.sum",
                                         "sm__ops_path_tensor_src_bf16_dst_fp32.sum", "smsp__inst_executed_pipe_xu.sum",
                                         "dram__bytes_read.sum", "dram__bytes_write.sum", "lts__t_bytes.sum",
                                         "gpu__time_duration.sum", "sm__cycles_elapsed.max"));
  EXPECT_THAT(set.missing, IsEmpty());
}

TEST(CounterMetrics, NamesMayDifferOrBeShared) {
  const MetricRequest request{
      .scalar = {}, .tensor = {TensorType::bf16, TensorType::f16, TensorType::f8}, .transcendental = false};
  const MetricSet set = choose_metrics(
      request, {"sm__ops_path_tensor_src_fp16_bf16_tf32_dst_fp32", "sm__ops_path_tensor_src_fp16_dst_fp16",
                "dram__bytes_op_read", "dram__bytes_op_write", "gpu__time_duration", "lts__t_bytes"});
  EXPECT_THAT(set.metrics(), ElementsAre("sm__ops_path_tensor_src_fp16_bf16_tf32_dst_fp32.sum",
                                         "sm__ops_path_tensor_src_fp16_dst_fp16.sum", "dram__bytes_op_read.sum",
                                         "dram__bytes_op_write.sum", "lts__t_bytes.sum", "gpu__time_duration.sum"));
  EXPECT_EQ(set.counters[0].kind, CounterKind::tensor_bf16);
  EXPECT_EQ(set.counters[1].kind, CounterKind::tensor_f16);
  EXPECT_THAT(set.missing, ElementsAre(CounterKind::tensor_f8, CounterKind::cycles));
}

// What their values mean.

constexpr CounterKind every_kind[] = {CounterKind::f32_add,
                                      CounterKind::f32_multiply,
                                      CounterKind::f32_multiply_add,
                                      CounterKind::f32_add_packed,
                                      CounterKind::f32_multiply_packed,
                                      CounterKind::f32_multiply_add_packed,
                                      CounterKind::f16_add,
                                      CounterKind::f16_multiply,
                                      CounterKind::f16_multiply_add,
                                      CounterKind::f64_add,
                                      CounterKind::f64_multiply,
                                      CounterKind::f64_multiply_add,
                                      CounterKind::tensor_bf16,
                                      CounterKind::tensor_f16,
                                      CounterKind::tensor_tf32,
                                      CounterKind::tensor_f64,
                                      CounterKind::tensor_f8,
                                      CounterKind::transcendental,
                                      CounterKind::dram_read,
                                      CounterKind::dram_write,
                                      CounterKind::l2,
                                      CounterKind::duration,
                                      CounterKind::cycles};

TEST(CounterTotals, MultiplyAddsAreTwo) {
  MetricSet set;
  std::vector<double> values;
  for (const CounterKind kind : every_kind) {
    set.counters.push_back({kind, std::string(to_string(kind))});
    values.push_back(std::pow(10.0, static_cast<double>(values.size() % 12)));
  }
  const CounterTotals totals = total(set, values);
  // Powers of ten keep every term apart: float64 multiply-adds are the leading digit, float32 additions the last.
  EXPECT_EQ(totals.flops_scalar, 211211422211.0);
  EXPECT_EQ(totals.flops_tensor, 11111.0);
  EXPECT_EQ(totals.flops_measured, totals.flops_scalar + totals.flops_tensor);
  EXPECT_EQ(totals.transcendental_instructions, 1e5);
  EXPECT_EQ(totals.dram_read_bytes, 1e6);
  EXPECT_EQ(totals.dram_write_bytes, 1e7);
  EXPECT_EQ(totals.dram_bytes, 1.1e7);
  EXPECT_EQ(totals.l2_bytes, 1e8);
  EXPECT_EQ(totals.duration_seconds, 1.0);
  EXPECT_EQ(totals.cycles, 1e10);
}

TEST(CounterTotals, SayNothingOfWhatWasNotCounted) {
  const CounterTotals totals = total({{{CounterKind::dram_read, "dram__bytes_read.sum"}}, {}}, std::array{64.0});
  EXPECT_EQ(totals.dram_read_bytes, 64);
  EXPECT_EQ(totals.dram_bytes, std::nullopt);
  EXPECT_EQ(totals.l2_bytes, std::nullopt);
  EXPECT_EQ(totals.flops_measured, 0);
}

TEST(CounterTotals, AreDividedByWhatCalibrationFound) {
  const MetricSet set{{{CounterKind::f16_multiply_add, "hfma"}, {CounterKind::tensor_bf16, "bf16"}}, {}};
  Calibration calibration;
  calibration.set(CounterKind::tensor_bf16, 4096, 8192);  // a multiply-add counted once
  const CounterTotals totals = total(set, std::array{10.0, 4096.0}, calibration);
  EXPECT_EQ(totals.flops_scalar, 20);
  EXPECT_EQ(totals.flops_tensor, 8192);
  EXPECT_EQ(calibration.ratio(CounterKind::tensor_bf16), 0.5);
  EXPECT_EQ(calibration.ratio(CounterKind::tensor_f16), 1);
  EXPECT_THROW(calibration.set(CounterKind::tensor_f16, 0, 1), std::invalid_argument);
  EXPECT_THROW(calibration.set(CounterKind::tensor_f16, 1, -1), std::invalid_argument);
}

TEST(CounterTotals, OneKindMayHaveSeveralCounters) {
  const MetricSet set{
      {{CounterKind::tensor_f16, "a"}, {CounterKind::f16_multiply_add, "b"}, {CounterKind::tensor_f16, "c"}}, {}};
  const std::array values{10.0, 7.0, 5.0};
  EXPECT_EQ(work_of(CounterKind::tensor_f16, set, values), 15);
  EXPECT_EQ(work_of(CounterKind::f16_multiply_add, set, values), 14);
  EXPECT_EQ(work_of(CounterKind::tensor_bf16, set, values), 0);
  EXPECT_EQ(total(set, values).flops_measured, 29);
}

TEST(CounterTotals, SayWhereTheyComeFrom) {
  Calibration calibration;
  calibration.set(CounterKind::tensor_bf16, 1, 2);
  const MetricSet set{{{CounterKind::f32_multiply_add, "ffma.sum"},
                       {CounterKind::tensor_bf16, "bf16.sum"},
                       {CounterKind::l2, "l2.sum"},
                       {CounterKind::dram_read, "read.sum"}},
                      {CounterKind::dram_write, CounterKind::tensor_f8}};
  EXPECT_EQ(describe(set, calibration),
            "FLOPs: ffma.sum×2 + bf16.sum×2; bytes: read.sum×1; "
            "not counted: DRAM bytes written, float8 tensor operations");
  EXPECT_EQ(describe({}), "FLOPs: none; bytes: none");
}

TEST(CounterTotals, NeedOneValueForEachCounter) {
  const MetricSet set{{{CounterKind::l2, "l2"}}, {}};
  EXPECT_THROW(total(set, {}), std::invalid_argument);
  EXPECT_THROW(work_of(CounterKind::l2, set, std::array{1.0, 2.0}), std::invalid_argument);
}

// CUPTI's own knowledge of chips, where libcupti is installed.

class CounterHost : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto profiler = find_profiler();
    if (profiler) return;
    EXPECT_EQ(chip_counters("GH100").reason(), profiler.reason());
    EXPECT_EQ(supported_chips().reason(), profiler.reason());
    EXPECT_EQ(count_passes("GH100", {"dram__bytes_read.sum"}).reason(), profiler.reason());
    GTEST_SKIP() << profiler.reason();
  }
  // Of a chip that CUPTI knows.
  static MetricSet choose(const std::string& chip, const MetricRequest& request) {
    const auto counters = chip_counters(chip);
    EXPECT_TRUE(counters) << counters.reason();
    return counters ? choose_metrics(request, *counters) : MetricSet{};
  }
  static std::size_t passes(const std::string& chip, const std::vector<std::string>& metrics) {
    const auto passes = count_passes(chip, metrics);
    EXPECT_TRUE(passes) << passes.reason();
    return passes ? *passes : 0;
  }
  static std::size_t passes(const std::string& chip, const MetricRequest& request) {
    return passes(chip, choose(chip, request).metrics());
  }
};

const MetricRequest everything{
    .scalar = {ScalarType::f32, ScalarType::f16, ScalarType::f64},
    .tensor = {TensorType::bf16, TensorType::f16, TensorType::tf32, TensorType::f64, TensorType::f8}};

// Every chip that the kernels run on (compute capability 8.0 and later) counts all that is asked, with these
// exceptions.
TEST_F(CounterHost, EveryChipHasEveryMetricOfItsSet) {
  const auto chips = supported_chips();
  ASSERT_TRUE(chips) << chips.reason();
  EXPECT_THAT(*chips, ::testing::IsSupersetOf({"GA100", "GH100", "AD102", "GB100", "GB202"}));
  for (const std::string& chip : *chips) {
    if (!chip.starts_with("GA") && !chip.starts_with("AD") && !chip.starts_with("GH") && !chip.starts_with("GB"))
      continue;
    const MetricSet set = choose(chip, everything);
    std::vector<CounterKind> expected;
    if (chip.starts_with("GA")) expected.push_back(CounterKind::tensor_f8);
    if (chip.ends_with("B")) {  // integrated: memory is the CPU's
      expected.push_back(CounterKind::dram_read);
      expected.push_back(CounterKind::dram_write);
    }
    EXPECT_EQ(set.missing, expected) << chip;
    EXPECT_GT(passes(chip, set.metrics()), 0U) << chip;
  }
}

TEST_F(CounterHost, EveryPackedInstructionIsCountedWhereThereAreAny) {
  const auto has_packed = [](const std::string& chip) {
    const auto metrics = choose(chip, {}).metrics();
    return std::ranges::count(metrics, "sm__sass_thread_inst_executed_op_ffma2_pred_on.sum");
  };
  EXPECT_EQ(has_packed("GB100"), 1);
  EXPECT_EQ(has_packed("GH100"), 0);
}

TEST_F(CounterHost, PassesOnHopper) {
  const auto scalar = [](std::vector<ScalarType> types) {
    return MetricRequest{.scalar = std::move(types), .tensor = {}, .transcendental = false, .memory = false};
  };
  const auto tensor = [](std::vector<TensorType> types) {
    return MetricRequest{.scalar = {}, .tensor = std::move(types), .transcendental = false, .memory = false};
  };
  EXPECT_EQ(passes("GH100", scalar(everything.scalar)), 1U);
  EXPECT_EQ(passes("GH100", tensor({TensorType::bf16})), 1U);
  EXPECT_EQ(passes("GH100", tensor({TensorType::tf32})), 1U);
  EXPECT_EQ(passes("GH100", tensor({TensorType::bf16, TensorType::tf32})), 2U);
  EXPECT_EQ(passes("GH100", tensor({TensorType::f16})), 2U);
  EXPECT_EQ(passes("GH100", tensor({TensorType::bf16, TensorType::f16})), 3U);
  EXPECT_EQ(passes("GH100", tensor(everything.tensor)), 4U);
  EXPECT_EQ(passes("GH100", MetricRequest{.scalar = {}, .tensor = {}}), 1U) << "memory and transcendental";
  EXPECT_EQ(passes("GH100", MetricRequest{.tensor = {TensorType::bf16}}), 3U) << "the usual set in bfloat16";
  EXPECT_EQ(passes("GH100", MetricRequest{.tensor = {TensorType::bf16, TensorType::f16, TensorType::tf32}}), 5U);
}

// The table of docs/gpu-profiling.md.
TEST_F(CounterHost, PassesOnOtherChips) {
  for (const char* chip : {"GA100", "GA102", "AD102", "GH100", "GB100", "GB202"}) {
    EXPECT_EQ(passes(chip, MetricRequest{.scalar = {}, .tensor = {}}), 1U) << chip;
    EXPECT_EQ(passes(chip, MetricRequest{}), 2U) << chip;
    for (const TensorType type : {TensorType::bf16, TensorType::f16, TensorType::tf32}) {
      EXPECT_EQ(passes(chip, MetricRequest{.tensor = {type}}), 3U) << chip;
    }
    EXPECT_EQ(passes(chip, MetricRequest{.tensor = {TensorType::bf16, TensorType::f16, TensorType::tf32}}), 5U) << chip;
    EXPECT_EQ(passes(chip, everything), chip == std::string("GB202") ? 8U : 6U) << chip;
  }
}

TEST_F(CounterHost, RefusesMetricsAndChipsThatItDoesNotKnow) {
  const auto metric = count_passes("GH100", {"dram__bytes_read.sum", "dram__cookies.sum", "lts__t_bytes.sum"});
  EXPECT_FALSE(metric);
  EXPECT_THAT(metric.reason(), HasSubstr("dram__cookies.sum"));
  EXPECT_THAT(metric.reason(), HasSubstr("GH100"));
  const auto chip = count_passes("GH1000", {"dram__bytes_read.sum"});
  EXPECT_FALSE(chip);
  EXPECT_THAT(chip.reason(), HasSubstr("GH1000"));
  EXPECT_THAT(chip.reason(), HasSubstr("INVALID_CHIP_NAME"));
  EXPECT_THAT(chip_counters("GV11B").reason(), HasSubstr("GV11B")) << "known, but not to the range profiler";
}

}  // namespace
}  // namespace attnscope::harness::gpu
