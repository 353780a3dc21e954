#include "reports/curve.h"

#include <gtest/gtest.h>

#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

Record measured(std::string variant, std::int64_t n, double time) {
  Record record = testing::small_record(std::move(variant), n);
  record.time_median_ns = time;
  return record;
}

const Column& time_column() { return *find_column("time_median_ns"); }

TEST(Curves, JoinWhatDiffersInTheLengthOnly) {
  std::vector<Record> records{measured("softmax", 512, 2), measured("flash", 256, 5), measured("softmax", 256, 1)};
  records.push_back(measured("softmax", 256, 7));
  records.back().mode = "training";
  const auto curves = make_curves(records, time_column());
  ASSERT_EQ(curves.size(), 3u);
  EXPECT_EQ(curves[0].first->variant, "softmax");
  ASSERT_EQ(curves[0].points.size(), 2u);
  EXPECT_EQ(curves[0].points[0].n, 256);
  EXPECT_EQ(curves[0].points[0].value, 1);
  EXPECT_EQ(curves[0].points[1].n, 512);
  EXPECT_EQ(curves[1].first->variant, "flash");
  EXPECT_EQ(curves[2].first->mode, "training");
}

TEST(Curves, KeepHoles) {
  std::vector<Record> records{measured("softmax", 256, 1), testing::small_record("softmax", 512),
                              testing::small_record("softmax", 1024), measured("softmax", 2048, 9)};
  records[1].status = Status::oom;
  records[2].status = Status::excluded;
  records[3].status = Status::wrong;
  const auto curves = make_curves(records, time_column());
  ASSERT_EQ(curves.size(), 1u);
  EXPECT_EQ(curves[0].points.size(), 1u);
  ASSERT_EQ(curves[0].holes.size(), 2u) << "a wrong result has no cost";
  EXPECT_EQ(curves[0].holes[0]->status, Status::oom);
  EXPECT_EQ(curves[0].holes[1]->status, Status::wrong);
}

TEST(Curves, TakeTheLastMeasurementOfACase) {
  std::vector<Record> records{measured("softmax", 256, 1), measured("softmax", 256, 2),
                              testing::small_record("softmax", 256)};
  records[2].status = Status::interrupted;
  const auto curves = make_curves(records, time_column());
  ASSERT_EQ(curves[0].points.size(), 1u);
  EXPECT_EQ(curves[0].points[0].value, 2);
  EXPECT_TRUE(curves[0].holes.empty());
}

TEST(Curves, CarryTheUncertaintyOfTimesOnly) {
  Record record = measured("softmax", 256, 2);
  record.time_ci_lo_ns = 1;
  record.time_ci_hi_ns = 3;
  record.samples_ns = {3, 1, 2};
  record.peak_memory_bytes = 64;
  const std::vector<Record> records{record};
  const CurvePoint time = make_curves(records, time_column())[0].points[0];
  ASSERT_TRUE(time.interval);
  EXPECT_EQ(time.interval->hi, 3);
  EXPECT_EQ(time.samples, (std::vector<double>{1, 2, 3}));
  const CurvePoint memory = make_curves(records, *find_column("peak_memory_bytes"))[0].points[0];
  EXPECT_EQ(memory.value, 64);
  EXPECT_FALSE(memory.interval);
  EXPECT_TRUE(memory.samples.empty());
}

TEST(Curves, OfDecodingRunOverTheKeys) {
  Record record = measured("softmax", 1, 2);
  record.seq_k = 4096;
  record.mode = "decode";
  EXPECT_EQ(sequence_length(record), 4096);
  record.mode = "forward";
  EXPECT_EQ(sequence_length(record), 1);
}

}  // namespace
}  // namespace attnscope::reports
