#include "reports/pareto.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Record costs(std::optional<double> time, std::optional<std::int64_t> memory) {
  Record record = testing::small_record("softmax", 256);
  record.time_median_ns = time;
  record.peak_memory_bytes = memory;
  return record;
}

const Column& time_column() { return *find_column("time_median_ns"); }
const Column& memory_column() { return *find_column("peak_memory_bytes"); }

TEST(Pareto, KeepsWhatNothingBeatsInBoth) {
  const std::vector<Record> records{costs(4, 1), costs(1, 9), costs(2, 4), costs(3, 5), costs(9, 9)};
  const ParetoFront result = pareto_front(records, time_column(), memory_column());
  EXPECT_THAT(result.front, ElementsAre(1, 2, 0));
  ASSERT_EQ(result.dominated.size(), 2u);
  EXPECT_EQ(result.dominated[0].index, 3u);
  EXPECT_EQ(result.dominated[0].by, 2u);
  EXPECT_EQ(result.dominated[1].index, 4u);
  EXPECT_EQ(result.dominated[1].by, 0u);
}

TEST(Pareto, KeepsEqualsAndDropsWhatTiesInOneOnly) {
  const std::vector<Record> records{costs(1, 2), costs(1, 2), costs(1, 3), costs(2, 2)};
  const ParetoFront result = pareto_front(records, time_column(), memory_column());
  EXPECT_THAT(result.front, ElementsAre(0, 1));
  EXPECT_EQ(result.dominated.size(), 2u);
}

TEST(Pareto, LeavesOutWhatIsMissingOrWrong) {
  std::vector<Record> records{costs(1, std::nullopt), costs(std::nullopt, 1), costs(5, 5), costs(1, 1)};
  records[3].status = Status::wrong;
  const ParetoFront result = pareto_front(records, time_column(), memory_column());
  EXPECT_THAT(result.front, ElementsAre(2));
  EXPECT_THAT(result.missing, ElementsAre(0, 1, 3));
  EXPECT_THAT(pareto_front({}, time_column(), memory_column()).front, IsEmpty());
}

TEST(Pareto, TakesPlainCosts) {
  const std::vector<std::optional<ParetoCosts>> costs{ParetoCosts{1, -50}, ParetoCosts{2, -40}, std::nullopt,
                                                      ParetoCosts{2, -60}, ParetoCosts{std::nan(""), -99}};
  const ParetoFront result = pareto_front(costs);
  EXPECT_THAT(result.front, ElementsAre(0, 3));
  ASSERT_EQ(result.dominated.size(), 1u);
  EXPECT_EQ(result.dominated[0].by, 3u);
  EXPECT_THAT(result.missing, ElementsAre(2, 4));
}

TEST(Pareto, KnowsWhichWayIsBetter) {
  std::vector<Record> records{costs(1, 0), costs(2, 0), costs(3, 0)};
  records[0].tokens_per_s = 10;
  records[1].tokens_per_s = 30;
  records[2].tokens_per_s = 20;
  const ParetoFront result = pareto_front(records, time_column(), *find_column("tokens_per_s"));
  EXPECT_THAT(result.front, ElementsAre(0, 1));
  EXPECT_THROW(pareto_front(records, time_column(), *find_column("heads")), std::invalid_argument);
}

}  // namespace
}  // namespace attnscope::reports
