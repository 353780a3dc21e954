#include "reports/pool.h"

#include <gtest/gtest.h>

#include "tests/reports/timed_records.h"

namespace attnscope::reports {
namespace {

using testing::timed_record;

TEST(Pool, JoinsProcessesAndRecomputesTheTimes) {
  std::vector<Record> records{timed_record("a", {1, 2, 3}), timed_record("a", {5, 6, 7, 100})};
  records[0].flop_per_s = 130;  // over its median 2
  records[0].validated = "full";
  records[0].clock_mean_hz = 1e9;
  records[1].clock_mean_hz = 3e9;
  const Record pooled = pool_processes(records);
  EXPECT_EQ(pooled.samples_ns, (std::vector<double>{1, 2, 3, 5, 6, 7, 100}));
  EXPECT_EQ(pooled.samples_per_process, (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(pooled.processes, 2);
  EXPECT_EQ(pooled.samples, 7);
  EXPECT_EQ(pooled.time_median_ns, 4.25) << "of the processes' medians 2 and 6.5";
  EXPECT_EQ(pooled.time_min_ns, 1);
  EXPECT_DOUBLE_EQ(*pooled.flop_per_s, 130 * 2.0 / 4.25);
  EXPECT_EQ(pooled.validated, "full") << "what only the first process did";
  EXPECT_DOUBLE_EQ(*pooled.clock_mean_hz, 2e9);
  EXPECT_LT(*pooled.time_ci_lo_ns, 2) << "two processes tell little";
  EXPECT_EQ(process_medians(pooled), (std::vector<double>{2, 6.5}));
}

TEST(Pool, TakesIntervalsFromSixProcesses) {
  std::vector<Record> records;
  for (const double centre : {4, 2, 6, 1, 5, 3}) records.push_back(timed_record("a", {centre, centre, centre}));
  const Record pooled = pool_processes(records);
  EXPECT_EQ(pooled.time_ci_lo_ns, 1);
  EXPECT_EQ(pooled.time_ci_hi_ns, 6);
}

TEST(Pool, LeavesOutWhatWasNotMeasured) {
  std::vector<Record> records{timed_record("a", {1, 2, 3}), timed_record("b", {7}), timed_record("a", {4, 5, 6})};
  records[2].status = Status::crashed;
  const auto cases = one_record_per_case(records);
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[0].status, Status::ok);
  EXPECT_EQ(cases[0].samples_ns.size(), 3u);
  EXPECT_EQ(cases[1].case_key, "b");
  EXPECT_EQ(pool_processes(std::span(records).subspan(2)).status, Status::crashed) << "nothing else to say";
  EXPECT_THROW(pool_processes({}), std::invalid_argument);
}

TEST(Pool, CyclesKeepToTheTime) {
  // Two of five processes were disturbed: times and cycles a hundredfold, the clock the same.
  std::vector<Record> processes;
  for (const double factor : {1, 1, 100, 1, 100}) {
    processes.push_back(timed_record("a", {100 * factor}));
    processes.back().cycles_median = 300 * factor;
  }
  const Record pooled = pool_processes(processes);
  EXPECT_EQ(*pooled.time_median_ns, 100);
  EXPECT_EQ(*pooled.cycles_median, 300);
}

TEST(Pool, DistrustsCountsThatDoNotAddUp) {
  Record record = timed_record("a", {1, 2, 3});
  record.samples_per_process = {2, 2};
  EXPECT_EQ(processes_of(record).size(), 1u);
  record.samples_per_process = {4, -1};
  EXPECT_EQ(processes_of(record).size(), 1u);
  record.samples_per_process = {1, 2};
  EXPECT_EQ(processes_of(record), (Processes{{1}, {2, 3}}));
}

}  // namespace
}  // namespace attnscope::reports
