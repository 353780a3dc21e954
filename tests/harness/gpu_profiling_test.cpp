// Profiling of GPUs: what can be known without one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/gpu/cupti_status.h"
#include "harness/gpu/dynamic_library.h"
#include "harness/gpu/nvml.h"
#include "harness/gpu/profiler.h"

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
  EXPECT_THAT(cupti_unavailable("cuptiRangeProfilerEnable", 41).reason,
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

}  // namespace
}  // namespace attnscope::harness::gpu
