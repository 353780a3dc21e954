#include "harness/device/ceilings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attnscope::harness::device {
namespace {

using ::testing::HasSubstr;

const Ceilings machine{"cpu", "f32", 2, 200e9, 180e9, {{1000, 100e9}, {1'000'000, 50e9}, {100'000'000, 10e9}}, 0};

reports::Record measured(double flop_per_s, double intensity, std::int64_t working_set) {
  reports::Record record;
  record.device = "cpu";
  record.dtype = "f32";
  record.threads = 2;
  record.flop_per_s = flop_per_s;
  record.arithmetic_intensity = intensity;
  record.mem_io_bytes = working_set / 4;
  record.peak_memory_bytes = working_set - working_set / 4;
  return record;
}

TEST(Ceilings, BandwidthIsThatOfTheSmallestSetThatHoldsTheData) {
  EXPECT_EQ(stream_ceiling(machine, 1), 100e9);
  EXPECT_EQ(stream_ceiling(machine, 1000), 100e9);
  EXPECT_EQ(stream_ceiling(machine, 1001), 50e9);
  EXPECT_EQ(stream_ceiling(machine, 2'000'000), 10e9);
  EXPECT_EQ(stream_ceiling(machine, std::int64_t{1} << 40), 10e9);
}

TEST(Ceilings, BoundByComputeOrByBandwidth) {
  reports::Record compute = measured(50e9, 1000, 4000);
  fill_roofline({machine}, compute);
  EXPECT_EQ(compute.peak_flop_per_s, 200e9);
  EXPECT_EQ(compute.peak_bytes_per_s, 50e9);
  EXPECT_EQ(compute.mfu, 0.25);
  EXPECT_EQ(compute.roofline_frac, 0.25);
  EXPECT_EQ(compute.peak_source, "calibrated");

  reports::Record bandwidth = measured(2e9, 0.5, 80'000'000);  // 0.5 FLOP/B · 10 GB/s = 5 GFLOP/s
  fill_roofline({machine}, bandwidth);
  EXPECT_EQ(bandwidth.mfu, 0.01);
  EXPECT_EQ(bandwidth.roofline_frac, 0.4);
}

TEST(Ceilings, ThoseOfAnotherThreadCountAreNotUsed) {
  reports::Record record = measured(1e9, 1, 1000);
  record.threads = 1;
  fill_roofline({machine}, record);
  EXPECT_FALSE(record.mfu);
  EXPECT_FALSE(record.roofline_frac);
  EXPECT_EQ(record.peak_source, "");
  record.threads = 2;
  record.flop_per_s.reset();  // not measured
  fill_roofline({machine}, record);
  EXPECT_FALSE(record.mfu);
}

TEST(Ceilings, SurviveTheirFile) {
  const Ceilings back = ceilings_from_json(nlohmann::json::parse(to_json(machine).dump()));
  EXPECT_EQ(back.device, "cpu");
  EXPECT_EQ(back.threads, 2);
  EXPECT_EQ(back.matmul_flop_per_s, 180e9);
  ASSERT_EQ(back.streams.size(), 3U);
  EXPECT_EQ(back.streams[2].bytes_per_s, 10e9);
  try {
    ceilings_from_json({{"device", "cpu"}});
    ADD_FAILURE();
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("dtype"));
  }
}

TEST(Ceilings, AreMeasuredForEveryWorkingSet) {
  const Ceilings own = measure_ceilings("cpu", "f32", 1, 0.002);
  EXPECT_GT(own.flop_per_s, 1e8);  // slower than any processor this century
  EXPECT_GT(own.matmul_flop_per_s, 1e7);
  ASSERT_GT(own.streams.size(), 2U);
  for (std::size_t i = 0; i < own.streams.size(); ++i) {
    EXPECT_GT(own.streams[i].bytes_per_s, 1e6);
    EXPECT_TRUE(i == 0 || own.streams[i].working_set_bytes > own.streams[i - 1].working_set_bytes);
  }
  EXPECT_TRUE(has_ceilings("cpu", "f32"));
  EXPECT_FALSE(has_ceilings("reference", "f64"));
}

}  // namespace
}  // namespace attnscope::harness::device
