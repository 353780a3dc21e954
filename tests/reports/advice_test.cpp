#include "reports/advice.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::HasSubstr;

Record axes(std::string variant, std::int64_t n) {
  Record record = testing::small_record(std::move(variant), n);
  record.mode = "training";
  record.device = "cpu";
  record.dtype = "f32";
  return record;
}

Candidate candidate(std::string variant, std::int64_t n, std::int64_t flops, std::int64_t memory) {
  Candidate result{axes(std::move(variant), n), 0};
  result.forecast.flops_model = flops;
  result.forecast.bytes_model = 1'000;
  result.forecast.peak_memory_predicted_bytes = memory;
  return result;
}

Record measured(std::string variant, std::int64_t n, double time_ns, std::int64_t flops) {
  Record record = axes(std::move(variant), n);
  record.time_median_ns = time_ns;
  record.flops_model = flops;
  record.peak_memory_bytes = 64;
  return record;
}

TEST(Advice, PrefersWhatWasMeasured) {
  const std::vector<Candidate> candidates{candidate("softmax", 1024, 100, 10), candidate("flash", 1024, 100, 10)};
  std::vector<Record> runs{measured("softmax", 1024, 50, 100), measured("flash", 1024, 20, 100)};
  runs[1].time_ci_lo_ns = 19;
  runs[1].time_ci_hi_ns = 22;
  const Advice advice = advise(candidates, runs, std::nullopt);
  ASSERT_EQ(advice.ranked.size(), 2u);
  EXPECT_EQ(advice.ranked[0].record.variant, "flash");
  EXPECT_EQ(advice.ranked[0].source, TimeSource::measured);
  EXPECT_EQ(advice.ranked[0].time_ns, 20);
  ASSERT_TRUE(advice.ranked[0].time_interval);
  EXPECT_EQ(advice.ranked[0].time_interval->hi, 22);
  EXPECT_EQ(advice.ranked[0].memory_bytes, 64);
  EXPECT_TRUE(advice.ranked[0].memory_measured);
}

TEST(Advice, InterpolatesBetweenMeasuredLengths) {
  const std::vector<Candidate> candidates{candidate("softmax", 2048, 100, 10)};
  const std::vector<Record> runs{measured("softmax", 1024, 10, 25), measured("softmax", 4096, 160, 400)};
  const Recommendation r = advise(candidates, runs, std::nullopt).ranked.at(0);
  EXPECT_EQ(r.source, TimeSource::interpolated);
  EXPECT_NEAR(*r.time_ns, 40, 1e-9) << "the geometric mean halfway in log n";
  EXPECT_THAT(r.basis, HasSubstr("n = 1k and n = 4k"));
  EXPECT_EQ(r.memory_bytes, 10) << "predicted";
  EXPECT_FALSE(r.memory_measured);
}

TEST(Advice, PredictsFromTheVariantsOwnRateBeyondTheMeasuredLengths) {
  const std::vector<Candidate> candidates{candidate("softmax", 8192, 1'600, 10)};
  const std::vector<Record> runs{measured("softmax", 1024, 10, 25), measured("softmax", 4096, 200, 400),
                                 measured("flash", 8192, 1, 1'600)};
  const Recommendation r = advise(candidates, runs, std::nullopt).ranked.at(0);
  EXPECT_EQ(r.source, TimeSource::variant_rate);
  EXPECT_NEAR(*r.time_ns, 1'600 / (400 / 200.0), 1e-9) << "the rate at the nearest length, 4096";
  EXPECT_THAT(r.basis, HasSubstr("2 GFLOP/s at n = 4k"));
}

TEST(Advice, TakesTheRateOfTheMostSimilarCase) {
  const std::vector<Candidate> candidates{candidate("softmax", 4096, 100, 10)};
  std::vector<Record> runs{measured("softmax", 4096, 10, 100), measured("softmax", 256, 50, 100)};
  runs[0].mode = "forward";
  const Recommendation similar = advise(candidates, runs, std::nullopt).ranked.at(0);
  EXPECT_DOUBLE_EQ(*similar.time_ns, 50) << "training at 256, not forward at 4096";
  runs.pop_back();
  const Recommendation other = advise(candidates, runs, std::nullopt).ranked.at(0);
  EXPECT_DOUBLE_EQ(*other.time_ns, 10);
  EXPECT_THAT(other.basis, HasSubstr("mode forward"));
}

TEST(Advice, TakesNoRateOfSequencesForDecoding) {
  std::vector<Candidate> candidates{candidate("softmax", 1, 100, 10)};
  candidates[0].forecast.mode = "decode";
  candidates[0].forecast.seq_k = 4096;
  const std::vector<Record> runs{measured("softmax", 4096, 10, 100)};
  EXPECT_EQ(advise(candidates, runs, std::nullopt).ranked.at(0).source, TimeSource::fastest_rate);
}

TEST(Advice, BoundsTheTimeOfAnUnmeasuredVariantByTheCeilings) {
  std::vector<Candidate> candidates{candidate("flash", 1024, 400, 10), candidate("softmax", 1024, 100, 10)};
  std::vector<Record> runs{measured("softmax", 1024, 500, 100)};
  const Recommendation fastest = advise(candidates, runs, std::nullopt).ranked.at(1);
  EXPECT_EQ(fastest.record.variant, "flash") << "bounds come after times";
  EXPECT_EQ(fastest.source, TimeSource::fastest_rate);
  EXPECT_DOUBLE_EQ(*fastest.time_ns, 2'000);
  EXPECT_THAT(fastest.basis, HasSubstr("softmax's"));
  runs[0].peak_flop_per_s = 4e9;
  runs[0].peak_bytes_per_s = 1e9;
  const Recommendation bound = advise(candidates, runs, std::nullopt).ranked.at(1);
  EXPECT_EQ(bound.source, TimeSource::ceiling);
  EXPECT_NEAR(*bound.time_ns, 1'000, 1e-9) << "1000 bytes at 1 GB/s take longer than 400 FLOPs";
  EXPECT_TRUE(is_lower_bound(bound.source));

  // A larger case saw the memory instead of the cache, but flash works on 10 bytes like the first.
  runs.push_back(runs[0]);
  runs[1].seq_q = 4096;
  runs[1].peak_memory_bytes = 1 << 20;
  runs[1].peak_bytes_per_s = 1e6;
  EXPECT_NEAR(*advise(candidates, runs, std::nullopt).ranked.at(1).time_ns, 1'000, 1e-9);
  candidates[0].forecast.peak_memory_predicted_bytes = 1 << 20;
  EXPECT_NEAR(*advise(candidates, runs, std::nullopt).ranked.at(1).time_ns, 1'000'000, 1e-6);
}

TEST(Advice, UsesNothingOfAnotherDeviceOrType) {
  const std::vector<Candidate> candidates{candidate("softmax", 1024, 100, 10)};
  std::vector<Record> runs{measured("softmax", 1024, 1, 100), measured("softmax", 1024, 1, 100)};
  runs[0].device = "cuda:0";
  runs[1].dtype = "bf16";
  const Recommendation r = advise(candidates, runs, std::nullopt).ranked.at(0);
  EXPECT_EQ(r.source, TimeSource::unknown);
  EXPECT_FALSE(r.time_ns);
}

TEST(Advice, ExcludesWithTheReason) {
  std::vector<Candidate> candidates{candidate("softmax", 1024, 1, 100), candidate("linformer", 1024, 1, 1),
                                    candidate("flash", 1024, 1, 1), candidate("axial", 1024, 1, 1)};
  candidates[0].arguments_bytes = 1;
  candidates[1].forecast.status = Status::unsupported;
  candidates[1].forecast.status_reason = "causal: mixes positions";
  std::vector<Record> runs{axes("axial", 1024)};
  runs[0].status = Status::crashed;
  runs[0].status_reason = "signal 11";
  const Advice advice = advise(candidates, runs, 100);
  ASSERT_EQ(advice.ranked.size(), 1u);
  EXPECT_EQ(advice.ranked[0].record.variant, "flash");
  ASSERT_EQ(advice.excluded.size(), 3u);
  EXPECT_EQ(advice.excluded[0].reason, "needs 101 B") << "inputs and parameters count";
  EXPECT_EQ(advice.excluded[1].reason, "causal: mixes positions");
  EXPECT_THAT(advice.excluded[2].reason, HasSubstr("crashed when it was run: signal 11"));
  EXPECT_EQ(advise(candidates, runs, 101).ranked.size(), 2u);
}

}  // namespace
}  // namespace attnscope::reports
