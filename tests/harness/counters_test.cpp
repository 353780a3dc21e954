// Which events are chosen on which processor, and that counting counts.
#include "harness/measure/counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sys/mman.h>

#include "tests/harness/fake_machine.h"

namespace attnscope::harness {
namespace {

using device::HardwareEvent;
using ::testing::HasSubstr;

class HardwareEvents : public FakeMachine {
 protected:
  void SetUp() override { file("proc/sys/kernel/perf_event_paranoid", "2\n"); }
};

TEST_F(HardwareEvents, ProcessorIsReadFromItsFirstEntry) {
  file("proc/cpuinfo",
       "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: EPYC\n");
  const device::Processor processor = device::read_processor(root_);
  EXPECT_EQ(processor.vendor, "AuthenticAMD");
  EXPECT_EQ(processor.family, 25);
  EXPECT_EQ(processor.model, 17);
  file("proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\n");
  EXPECT_EQ(device::read_processor(root_).vendor, "0x41");
}

TEST_F(HardwareEvents, VirtualMachinesWithoutCountersSaySo) {
  const auto choice = device::floating_point_events({"GenuineIntel", 6, 0x6a}, root_);
  EXPECT_TRUE(choice.events.empty());
  EXPECT_THAT(choice.reason, HasSubstr("virtual machine"));
}

TEST_F(HardwareEvents, IntelInstructionsAreWorthTheirLanes) {
  file("sys/bus/event_source/devices/cpu/type", "4\n");
  const auto choice = device::floating_point_events({"GenuineIntel", 6, 0x6a}, root_);
  ASSERT_EQ(choice.events.size(), 8U);
  // Intel's list: 512B_PACKED_SINGLE is event C7h, mask 80h, 16 lanes.
  EXPECT_EQ(choice.events.back().name, "FP_ARITH_INST_RETIRED.512B_PACKED_SINGLE");
  EXPECT_EQ(choice.events.back().config, 0x80c7U);
  EXPECT_EQ(choice.events.back().weight, 16);
  EXPECT_EQ(choice.events.front().config, 0x01c7U);
  EXPECT_EQ(choice.events.front().weight, 1);
  EXPECT_TRUE(device::floating_point_events({"GenuineIntel", 6, 0x3c}, root_).events.empty()) << "Haswell has none";
}

TEST_F(HardwareEvents, AmdCountsOperations) {
  file("sys/bus/event_source/devices/cpu/type", "4\n");
  const auto zen4 = device::floating_point_events({"AuthenticAMD", 0x19, 0x11}, root_);
  ASSERT_EQ(zen4.events.size(), 1U);
  EXPECT_EQ(zen4.events[0].config, 0x1f03U);
  EXPECT_EQ(zen4.events[0].weight, 1);
  EXPECT_EQ(device::floating_point_events({"AuthenticAMD", 0x17, 0x31}, root_).events[0].config, 0x0f03U);
  EXPECT_THAT(device::floating_point_events({"AuthenticAMD", 0x15, 2}, root_).reason, HasSubstr("family 21"));
}

TEST_F(HardwareEvents, MemoryControllersAreFoundOneByOne) {
  EXPECT_TRUE(device::memory_events(root_).events.empty());
  const std::string controller = "sys/bus/event_source/devices/uncore_imc_0/";
  file(controller + "type", "23\n");
  file(controller + "cpumask", "0,28\n");
  file(controller + "events/cas_count_read", "event=0x04,umask=0x03\n");
  file(controller + "events/cas_count_write", "event=0x04,umask=0x0c\n");
  file("sys/bus/event_source/devices/software/type", "1\n");
  const auto choice = device::memory_events(root_);
  ASSERT_EQ(choice.events.size(), 2U);
  EXPECT_EQ(choice.events[0].type, 23U);
  EXPECT_EQ(choice.events[0].config, 0x0304U);
  EXPECT_EQ(choice.events[1].config, 0x0c04U);
  EXPECT_EQ(choice.events[0].weight, 64);
  EXPECT_EQ(choice.events[0].cpu, 0);
}

// Page faults are counted by the kernel, with or without counters in the processor.
TEST(Counting, SumsOverThreadsTimesWeight) {
  constexpr std::size_t pages = 500, page = 4096;
  const HardwareEvent faults{"page faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, 10};
  const auto touch = [] {
    void* memory = ::mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    for (std::size_t i = 0; i < pages; ++i) static_cast<volatile char*>(memory)[i * page] = 1;
    ::munmap(memory, pages * page);
  };
  const measure::Count idle = measure::count_events({faults}, [] {});
  if (!idle.error.empty()) GTEST_SKIP() << idle.error;
  const measure::Count busy = measure::count_events({faults}, touch);
  EXPECT_LT(idle.value, 10.0 * pages / 2);
  EXPECT_GT(busy.value, 10.0 * pages / 2);
}

TEST(Counting, SaysWhichEventCannotBeCounted) {
  const measure::Count count = measure::count_events({{"no such thing", 0xffff, 0, 1}}, [] {});
  EXPECT_THAT(count.error, HasSubstr("no such thing"));
}

TEST(Counting, EveryRecordSaysWhereItsCountsComeFrom) {
  reports::Record record;
  record.flops_model = 100;
  measure::measure_counters([] {}, record);
  EXPECT_THAT(record.counter_events, ::testing::StartsWith("FLOPs: "));
  EXPECT_THAT(record.counter_events, HasSubstr("; bytes: "));
  EXPECT_TRUE(record.flops_measured || record.counter_events.starts_with("FLOPs: none: ")) << record.counter_events;
}

}  // namespace
}  // namespace attnscope::harness
