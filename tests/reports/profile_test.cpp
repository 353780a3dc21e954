#include "reports/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <sstream>

#include "reports/jsonl.h"
#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::HasSubstr;

const Profile two_ops{5,
                      1000,
                      {{"matmul", false, 0, 300, 6000, 0, 0, 100, 640},
                       {"softmax", false, 310, 100, 0, 50, 7, 400, 900},
                       {"matmul", false, 420, 200, 4000, 0, 0, 100, 700},
                       {"matmul", true, 650, 100, 1000, 0, 0, 10, 700}}};

Record profiled() {
  Record record = testing::small_record("softmax", 64);
  record.case_key = "variant=softmax;n=64";
  record.peak_flop_per_s = 40e9;  // 40 FLOP per nanosecond
  record.peak_bytes_per_s = 8e9;
  record.time_median_ns = 950;
  record.profile = to_json(two_ops);
  return record;
}

TEST(Profile, SurvivesItsRecord) {
  const auto back = profile_of(record_from_json(nlohmann::json::parse(to_json_line(profiled()))));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->runs, 5);
  EXPECT_EQ(back->wall_ns, 1000);
  ASSERT_EQ(back->spans.size(), 4U);
  EXPECT_EQ(back->spans[1].op, "softmax");
  EXPECT_EQ(back->spans[1].exponentials, 7);
  EXPECT_EQ(back->spans[1].pool_bytes, 900);
  EXPECT_TRUE(back->spans[3].backward);
}

TEST(Profile, NamesWhatIsWrong) {
  EXPECT_THAT(testing::message_of<std::invalid_argument>([] {
                profile_from_json({{"runs", 1}});
              }),
              HasSubstr("wall_ns"));
  Record record = testing::small_record("softmax", 64);
  EXPECT_FALSE(profile_of(record));
  record.profile = {{"runs", "many"}};
  EXPECT_FALSE(profile_of(record));
}

TEST(Profile, TotalsAddUpCallsOfOneOpAndPass) {
  const auto totals = totals_by_op(two_ops, profiled());
  ASSERT_EQ(totals.size(), 3U);
  EXPECT_EQ(totals[0].op, "matmul");
  EXPECT_FALSE(totals[0].backward);
  EXPECT_EQ(totals[0].calls, 2);
  EXPECT_EQ(totals[0].time_ns, 500);
  EXPECT_EQ(totals[0].flops, 10000);
  EXPECT_EQ(totals[0].time_share, 0.5);
  EXPECT_EQ(totals[0].roofline_frac, 0.5) << "10000 FLOP take 250 ns at least";
  const auto softmax = std::ranges::find(totals, "softmax", &OpTotal::op);
  EXPECT_EQ(softmax->roofline_frac, 0.5) << "400 bytes take 50 ns at least, of 100";
  Record unknown_ceilings = profiled();
  unknown_ceilings.peak_flop_per_s.reset();
  EXPECT_FALSE(totals_by_op(two_ops, unknown_ceilings)[0].roofline_frac);
}

TEST(Profile, TableAccountsForAllTime) {
  std::ostringstream out;
  const std::vector<Record> records{testing::small_record("flash", 64), profiled()};
  write_profile_tables(out, records);
  EXPECT_THAT(out.str(), HasSubstr("variant=softmax;n=64"));
  EXPECT_THAT(out.str(), ::testing::Not(HasSubstr("flash")));
  EXPECT_THAT(out.str(), ::testing::ContainsRegex("between ops.*300 ns.*30.0 %"));
}

TEST(Profile, TraceHasASliceAndAPoolLevelPerOp) {
  const std::vector<Record> records{profiled(), profiled()};
  const nlohmann::json trace = to_trace(records);
  std::map<std::string, int> phases;
  double sliced_us = 0;
  for (const auto& event : trace.at("traceEvents")) {
    ++phases[event.at("ph")];
    if (event.at("ph") == "X") sliced_us += event.at("dur").get<double>();
    for (const char* field : {"name", "pid", "tid", "ts"}) EXPECT_TRUE(event.contains(field)) << field;
  }
  EXPECT_EQ(phases["M"], 2);
  EXPECT_EQ(phases["X"], 8);
  EXPECT_EQ(phases["C"], 8);
  EXPECT_DOUBLE_EQ(sliced_us, 1.4);
}

}  // namespace
}  // namespace attnscope::reports
