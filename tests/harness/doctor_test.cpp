// The checks of `attnscope doctor` on machines made of files.
#include "harness/device/doctor.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/fake_machine.h"

namespace attnscope::harness::device {
namespace {

using ::testing::HasSubstr;

class Doctor : public FakeMachine {
 protected:
  Finding finding(const std::string& check) const {
    const auto findings = examine_machine(root_);
    const auto found = std::ranges::find(findings, check, &Finding::check);
    return found == findings.end() ? Finding{check, Fitness::good, "not examined", ""} : *found;
  }
};

TEST_F(Doctor, NamesEveryGovernorThatIsNotPerformance) {
  file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  EXPECT_EQ(finding("governor").fitness, Fitness::good);
  file("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n");
  const Finding mixed = finding("governor");
  EXPECT_EQ(mixed.fitness, Fitness::warning);
  EXPECT_EQ(mixed.found, "performance, powersave");
  EXPECT_THAT(mixed.advice, HasSubstr("cpupower"));
}

TEST_F(Doctor, ReadsTurboFromEitherDriver) {
  EXPECT_EQ(finding("turbo").fitness, Fitness::unknown);
  file("sys/devices/system/cpu/cpufreq/boost", "1\n");
  EXPECT_EQ(finding("turbo").fitness, Fitness::warning);
  file("sys/devices/system/cpu/cpufreq/boost", "0\n");
  EXPECT_EQ(finding("turbo").fitness, Fitness::good);
  std::filesystem::remove(root_ / "sys/devices/system/cpu/cpufreq/boost");
  file("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
  EXPECT_EQ(finding("turbo").fitness, Fitness::warning);
}

TEST_F(Doctor, TellsAThrottledQuotaFromAFreeOne) {
  file("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(finding("cgroup CPU limit").found, "not examined");
  file("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(finding("cgroup CPU limit").fitness, Fitness::note);
  file("sys/fs/cgroup/cpu.stat", "usage_usec 12\nnr_periods 9\nnr_throttled 3\n");
  const Finding throttled = finding("cgroup CPU limit");
  EXPECT_EQ(throttled.fitness, Fitness::warning);
  EXPECT_THAT(throttled.found, HasSubstr("throttled 3 times"));
}

TEST_F(Doctor, SaysWhyThereAreNoHardwareCounters) {
  EXPECT_THAT(finding("hardware counters").found, HasSubstr("none"));
  file("sys/bus/event_source/devices/cpu/type", "4\n");
  file("proc/sys/kernel/perf_event_paranoid", "2\n");
  EXPECT_EQ(finding("hardware counters").fitness, Fitness::good);
}

TEST_F(Doctor, FindsLittleMemoryAndSlowClocks) {
  file("proc/meminfo", "MemTotal:       1000000 kB\nMemAvailable:    500000 kB\n");
  EXPECT_EQ(finding("memory").fitness, Fitness::good);
  file("proc/meminfo", "MemTotal:       1000000 kB\nMemAvailable:     50000 kB\n");
  EXPECT_EQ(finding("memory").fitness, Fitness::warning);
  file("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  EXPECT_EQ(finding("clock").fitness, Fitness::good);
  file("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
  EXPECT_EQ(finding("clock").fitness, Fitness::warning);
}

TEST_F(Doctor, CountsOtherRuns) {
  EXPECT_EQ(finding("other runs").found, "not examined");
  file("proc/999999991/comm", "attnscope\n");
  file("proc/999999992/comm", "bash\n");
  EXPECT_EQ(finding("other runs").found, "1 other attnscope process");
}

TEST_F(Doctor, TurnsNumaBalancingIntoAWarning) {
  file("sys/devices/system/node/node0/cpulist", "0\n");
  EXPECT_EQ(finding("NUMA").found, "not examined");
  file("sys/devices/system/node/node1/cpulist", "1\n");
  EXPECT_EQ(finding("NUMA").fitness, Fitness::note);
  file("proc/sys/kernel/numa_balancing", "1\n");
  EXPECT_EQ(finding("NUMA").fitness, Fitness::warning);
}

TEST(DoctorOfThisMachine, ExaminesWithoutARoot) {
  const auto findings = examine_machine();
  EXPECT_NE(std::ranges::find(findings, "load", &Finding::check), findings.end());
  for (const Finding& finding : findings) {
    EXPECT_FALSE(finding.found.empty()) << finding.check;
    EXPECT_TRUE(finding.fitness < Fitness::warning || !finding.advice.empty()) << finding.check;
  }
  EXPECT_EQ(worst(findings), std::ranges::max(findings, {}, &Finding::fitness).fitness);
}

}  // namespace
}  // namespace attnscope::harness::device
