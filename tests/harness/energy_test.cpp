// Energy per call, of a device whose power and refreshes are known.
#include "harness/measure/energy.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attnscope::harness::measure {
namespace {

using reports::Record;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// Draws 80 W at rest, and 500 W during calls; its counter holds what it was at the latest refresh.
struct FakeDevice {
  double call_s = 50e-6, refresh_s = 0.05, seconds = 0.033, joules = 1000, shown_joules = 1000;
  bool counts_energy = true, tells_power = true;
  std::int64_t calls = 0;

  void pass(double time_s, double watts) {
    for (double next = refresh_s * (std::floor(seconds / refresh_s) + 1); next <= seconds + time_s; next += refresh_s) {
      shown_joules = std::floor(1000 * (joules + (next - seconds) * watts)) / 1000;
    }
    joules += time_s * watts;
    seconds += time_s;
  }
  EnergyProbe probe() {
    return {.calls =
                [this](std::int64_t count) {
                  calls += count;
                  pass(static_cast<double>(count) * call_s, 500);
                },
            .read =
                [this] {
                  pass(10e-6, 80);
                  gpu::NvmlReading reading;
                  reading.temperature_celsius = 60 + seconds;
                  if (tells_power) reading.power_watts = 490;
                  if (counts_energy) reading.energy_joules = shown_joules;
                  return reading;
                },
            .seconds = [this] { return seconds; }};
  }
  Record measure(const EnergyTime& time = {}) {
    const double begin = seconds;
    Record record;
    measure_energy(probe(), call_s, time, record);
    seconds -= begin;
    return record;
  }
};

TEST(Energy, IsTheCountersGrowthOverTheCallsBetweenTwoOfItsChanges) {
  for (const double refresh_s : {0.02, 0.05, 0.1}) {
    FakeDevice device{.refresh_s = refresh_s};
    const Record record = device.measure();
    ASSERT_TRUE(record.energy_per_call_j) << record.energy_source;
    EXPECT_NEAR(*record.energy_per_call_j, 500 * device.call_s, 0.01 * 500 * device.call_s) << refresh_s;
    EXPECT_NEAR(*record.power_mean_w, 500, 5) << refresh_s;
    EXPECT_GT(device.seconds, 0.5);
    EXPECT_LT(device.seconds, 0.75) << "no longer than that takes";
    EXPECT_THAT(record.energy_source, StartsWith("counter: "));
    EXPECT_NEAR(*record.temp_max_c, 60.033 + device.seconds, 0.01);
  }
}

TEST(Energy, LongCallsAreFewAndKnownToATenth) {
  for (const double call_s : {0.03, 0.3, 7.0}) {
    FakeDevice device{.call_s = call_s, .refresh_s = 0.1};
    const Record record = device.measure();
    ASSERT_TRUE(record.energy_per_call_j) << call_s << ": " << record.energy_source;
    EXPECT_NEAR(*record.energy_per_call_j, 500 * call_s, 0.1 * 500 * call_s) << call_s;
    EXPECT_LT(device.seconds, std::max(2.5, call_s + 0.1));
  }
}

TEST(Energy, TooShortABatchHasNoFigureButAReason) {
  FakeDevice device;
  const Record record = device.measure({.least_s = 0.01, .most_s = 0.06});
  EXPECT_FALSE(record.energy_per_call_j);
  EXPECT_THAT(record.energy_source, AllOf(StartsWith("none: "), HasSubstr("seen to change for")));
  FakeDevice still{.refresh_s = 1e9};
  const Record unmoved = still.measure();
  EXPECT_FALSE(unmoved.energy_per_call_j);
  EXPECT_THAT(unmoved.energy_source, StartsWith("none: the counter of energy did not change in 3 s"));
  EXPECT_EQ(unmoved.power_mean_w, 490) << "the driver's";
}

TEST(Energy, WithoutACounterItIsPowerTimesTimeAndSaysSo) {
  FakeDevice device{.counts_energy = false};
  const Record record = device.measure();
  EXPECT_NEAR(*record.energy_per_call_j, 490 * device.call_s, 0.02 * 490 * device.call_s);
  EXPECT_EQ(record.power_mean_w, 490);
  EXPECT_THAT(record.energy_source, StartsWith("mean power times time: "));
  EXPECT_GT(device.seconds, 1) << "what the driver averages over";

  FakeDevice hasty{.counts_energy = false};
  const Record none = hasty.measure({.least_s = 0.1, .most_s = 0.6});
  EXPECT_FALSE(none.energy_per_call_j);
  EXPECT_EQ(none.power_mean_w, 490);
  EXPECT_THAT(none.energy_source, HasSubstr("too short for its power"));

  FakeDevice mute{.counts_energy = false, .tells_power = false};
  EXPECT_THAT(mute.measure().energy_source, StartsWith("none: the driver tells neither"));
}

TEST(Energy, ShortRunsGiveItLessTime) {
  Settings settings;
  EXPECT_EQ(energy_time(settings).least_s, 0.5);
  settings.max_time_s = 0.4;
  EXPECT_DOUBLE_EQ(energy_time(settings).least_s, 0.1);
  EXPECT_DOUBLE_EQ(energy_time(settings).most_s, 0.6);
}

}  // namespace
}  // namespace attnscope::harness::measure
