// Profiling of GPUs: what can be known without one.
#include <array>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/gpu/activity_trace.h"
#include "harness/gpu/counter_host.h"
#include "harness/gpu/counter_metrics.h"
#include "harness/gpu/cupti_status.h"
#include "harness/gpu/device_context.h"
#include "harness/gpu/dynamic_library.h"
#include "harness/gpu/memory_operations.h"
#include "harness/gpu/nvml.h"
#include "harness/gpu/profiler.h"
#include "harness/gpu/range_profiler.h"

namespace attnscope::harness::gpu {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(DynamicLibrary, FindsFunctionsAndItsOwnFile) {
  const auto library = DynamicLibrary::open(ATTNSCOPE_FAKE_NVML);
  ASSERT_TRUE(library) << library.reason();
  EXPECT_EQ(library->path(), ATTNSCOPE_FAKE_NVML);
  EXPECT_EQ(library->function<int (*)()>("fake_nvml_initialised")(), 0);
  EXPECT_EQ(library->function<int (*)()>("no_such_function"), nullptr);
}

TEST(DynamicLibrary, SaysWhatCannotBeOpened) {
  const auto library = DynamicLibrary::open("libnosuchthing.so.7");
  EXPECT_FALSE(library);
  EXPECT_THAT(library.reason(), HasSubstr("libnosuchthing.so.7"));
}

TEST(CuptiStatus, SaysWhatToDo) {
  EXPECT_THAT(explain_cupti_status(35), StartsWith("CUPTI_ERROR_INSUFFICIENT_PRIVILEGES (35): "));
  EXPECT_THAT(explain_cupti_status(35), HasSubstr("NVreg_RestrictProfilingToAdminUsers=0"));
  EXPECT_THAT(explain_cupti_status(39), HasSubstr("another profiler is attached"));
  EXPECT_THAT(explain_cupti_status(15), HasSubstr("libnvperf_host.so"));
  EXPECT_THAT(explain_cupti_status(26), HasSubstr("another program holds the GPU's counters"));
  EXPECT_THAT(explain_cupti_status(43), HasSubstr("MIG"));
  EXPECT_THAT(explain_cupti_status(40), HasSubstr("hypervisor"));
  EXPECT_THAT(explain_cupti_status(4711), HasSubstr("4711"));
  EXPECT_EQ(cupti_failure("cuptiRangeProfilerEnable", 0), std::nullopt);
  EXPECT_THAT(cupti_failure("cuptiRangeProfilerEnable", 41)->reason,
              StartsWith("cuptiRangeProfilerEnable: CUPTI_ERROR_CONFIDENTIAL_COMPUTING_NOT_SUPPORTED (41): "));
}

TEST(Nvml, ClockEventsInWords) {
  EXPECT_THAT(clock_event_names(0), IsEmpty());
  EXPECT_THAT(clock_event_names(0x1), ElementsAre("idle"));
  EXPECT_THAT(clock_event_names(0x4 | 0x20), ElementsAre("power cap", "thermal slowdown by the driver"));
  EXPECT_THAT(clock_event_names(0x1ff).size(), 9U);
  EXPECT_THAT(clock_event_names(0x80 | 0x3000), ElementsAre("power brake", "unknown (0x3000)"));
}

TEST(Nvml, HeatAndPowerThrottleAndIdlenessDoesNot) {
  for (const std::uint64_t event : {0x4, 0x8, 0x20, 0x40, 0x80}) EXPECT_TRUE(clock_is_throttled(event)) << event;
  EXPECT_TRUE(clock_is_throttled(0x5));
  EXPECT_FALSE(clock_is_throttled(0x1 | 0x2 | 0x10 | 0x100));
}

TEST(Nvml, ReadsInBaseUnitsAndLeavesOutWhatTheDriverDoesNotSay) {
  const auto device = NvmlDevice::open("0000:17:00.0", ATTNSCOPE_FAKE_NVML);
  ASSERT_TRUE(device) << device.reason();
  EXPECT_EQ(device->identity().name, "NVIDIA Fake");
  EXPECT_EQ(device->identity().driver_version, "580.65.06");
  EXPECT_EQ(device->identity().persistence_mode, true);
  const NvmlReading reading = device->read();
  EXPECT_EQ(reading.sm_clock_hz, 1980e6);
  EXPECT_EQ(reading.memory_clock_hz, 3201e6);
  EXPECT_EQ(reading.temperature_celsius, 88);
  EXPECT_DOUBLE_EQ(reading.power_watts.value(), 698.5);
  EXPECT_EQ(reading.energy_joules, std::nullopt);
  EXPECT_EQ(reading.clock_events, 0x24U);
}

TEST(Nvml, IsShutDownWithItsDevice) {
  const auto library = DynamicLibrary::open(ATTNSCOPE_FAKE_NVML);
  ASSERT_TRUE(library);
  const auto initialised = library->function<int (*)()>("fake_nvml_initialised");
  {
    auto device = NvmlDevice::open("0000:17:00.0", ATTNSCOPE_FAKE_NVML);
    const auto moved = std::move(device);
    EXPECT_EQ(initialised(), 1);
  }
  EXPECT_EQ(initialised(), 0);
}

TEST(Nvml, SaysWhyThereIsNoDevice) {
  const auto elsewhere = NvmlDevice::open("0000:99:00.0", ATTNSCOPE_FAKE_NVML);
  EXPECT_FALSE(elsewhere);
  EXPECT_THAT(elsewhere.reason(), HasSubstr("0000:99:00.0"));
  EXPECT_THAT(elsewhere.reason(), HasSubstr("Not Found"));
  EXPECT_THAT(NvmlDevice::open("0000:17:00.0", "libnosuchthing.so.7").reason(), HasSubstr("NVIDIA driver"));
  EXPECT_THAT(NvmlDevice::open("0000:17:00.0", "libc.so.6").reason(), HasSubstr("has no nvmlInit_v2"));
}

TEST(Profiler, IsFoundOrSaysWhereItWasLookedFor) {
  const auto profiler = find_profiler();
  if (profiler) {
    EXPECT_THAT(profiler->library, HasSubstr("libcupti"));
    EXPECT_THAT(profiler->version, ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  } else {
    EXPECT_THAT(profiler.reason(), ::testing::AnyOf(StartsWith("built with"), StartsWith("no libcupti")));
  }
}

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

TEST(CounterTotals, NeedOneValueForEachCounter) {
  EXPECT_THROW(total({{{CounterKind::l2, "l2"}}, {}}, {}), std::invalid_argument);
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
    EXPECT_GE(passes(chip, set.metrics()), 4U) << chip;
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

TEST_F(CounterHost, TheUsualSetTakesThreePassesOnOtherChips) {
  for (const char* chip : {"GA100", "AD102", "GB100", "GB202"}) {
    EXPECT_EQ(passes(chip, MetricRequest{.tensor = {TensorType::bf16}}), 3U) << chip;
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

// Peaks of allocations.

constexpr auto allocation = MemoryOperation::Kind::allocation;
constexpr auto release = MemoryOperation::Kind::release;
constexpr auto on_device = MemoryOperation::Place::device;

TEST(MemoryUse, IsTheHighestRunningSumInOrderOfTime) {
  const MemoryUse use = device_memory_use({{release, on_device, 1, 0, 25},
                                           {allocation, on_device, 1, 100, 10},
                                           {allocation, on_device, 2, 50, 20},
                                           {allocation, on_device, 3, 70, 30},
                                           {allocation, MemoryOperation::Place::managed, 9, 1000, 15},
                                           {release, on_device, 2, 50, 40}});
  EXPECT_EQ(use.peak_bytes, 150);
  EXPECT_EQ(use.end_bytes, 70) << "a release without a size takes off what its allocation brought";
  EXPECT_EQ(use.allocations, 3U);
  EXPECT_EQ(use.releases, 2U);
}

TEST(MemoryUse, OperationsOfOneTimeKeepTheirOrder) {
  const MemoryUse use = device_memory_use(
      {{allocation, on_device, 1, 100, 5}, {release, on_device, 1, 100, 5}, {allocation, on_device, 2, 80, 5}});
  EXPECT_EQ(use.peak_bytes, 100);
}

TEST(MemoryUse, IsOverWhatWasThereAtTheStart) {
  const MemoryUse use = device_memory_use({{release, on_device, 7, 300, 1}, {allocation, on_device, 8, 200, 2}});
  EXPECT_EQ(use.peak_bytes, 0);
  EXPECT_EQ(use.end_bytes, -100);
  EXPECT_EQ(device_memory_use({}).peak_bytes, 0);
}

TEST(MemoryUse, AnAddressGivenOutAgainWasReleased) {
  const MemoryUse use = device_memory_use({{allocation, on_device, 1, 100, 1}, {allocation, on_device, 1, 60, 2}});
  EXPECT_EQ(use.peak_bytes, 100);
  EXPECT_EQ(use.end_bytes, 60);
}

// Totals of kernels.

TEST(KernelTotals, AreByNameLongestFirst) {
  KernelTrace trace;
  for (const auto& [name, duration] : std::vector<std::pair<std::string, std::uint64_t>>{
           {"softmax", 10}, {"gemm", 30}, {"softmax", 25}, {"copy", 30}}) {
    trace.kernels.emplace_back().name = name;
    trace.kernels.back().duration_ns = duration;
  }
  const auto totals = total_by_kernel(trace);
  ASSERT_EQ(totals.size(), 3U);
  EXPECT_EQ(totals[0].name, "softmax");
  EXPECT_EQ(totals[0].launches, 2U);
  EXPECT_EQ(totals[0].duration_ns, 35U);
  EXPECT_EQ(totals[1].name, "copy");
  EXPECT_EQ(totals[2].name, "gemm");
}

TEST(KernelTotals, NamesAreDemangledWhereTheyAreMangled) {
  EXPECT_EQ(demangle("_Z7softmaxIfEvPT_i"), "void softmax<float>(float*, int)");
  EXPECT_EQ(demangle("ampere_sgemm_128x64_tn"), "ampere_sgemm_128x64_tn");
}

// On this machine, with or without a device, there is a value or a reason for having none.
TEST(Device, IsProfiledOrSaysWhyNot) {
  const auto device = open_device(0);
  if (!device) {
    EXPECT_THAT(device.reason(), ::testing::AnyOf(StartsWith("built with"), StartsWith("no CUDA device")));
    return;
  }
  EXPECT_THAT(open_device(1 << 20).reason(), HasSubstr("no CUDA device 1048576"));
  std::size_t runs = 0;
  const auto run = [&] { ++runs; };
  const auto counts = count_on_device(*device, {}, run);
  EXPECT_EQ(counts ? counts->passes : 0, runs) << counts.reason();
  EXPECT_NE(counts ? "counted" : counts.reason(), "");
  const auto kernels = trace_kernels(*device, run);
  EXPECT_NE(kernels ? "traced" : kernels.reason(), "");
  const auto memory = trace_memory(*device, run);
  EXPECT_EQ(memory ? memory->use.peak_bytes : 0, 0) << "nothing was allocated";
}

TEST(Device, IsNotProfiledWithoutALibrary) {
  const auto profiler = find_profiler();
  if (profiler) GTEST_SKIP() << "there is " << profiler->library;
  EXPECT_EQ(count_on_device({}, {}, [] {}).reason(), profiler.reason());
  EXPECT_EQ(trace_kernels({}, [] {}).reason(), profiler.reason());
  EXPECT_EQ(trace_memory({}, [] {}).reason(), profiler.reason());
}

}  // namespace
}  // namespace attnscope::harness::gpu
