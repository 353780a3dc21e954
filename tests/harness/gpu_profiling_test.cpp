// Profiling of GPUs: what can be known without one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/gpu/activity_trace.h"
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
