// Several processes of one case become one record; processes of incomplete cases survive in a file of their own.
#include "harness/schedule/rounds.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

#include "reports/median_estimate.h"

namespace attnscope::harness::schedule {
namespace {

namespace fs = std::filesystem;
using reports::Record;
using reports::Status;

Record process(const std::string& key, std::vector<double> samples) {
  Record record;
  record.variant = "flash";
  record.case_key = key;
  record.samples_ns = std::move(samples);
  record.samples = static_cast<std::int64_t>(record.samples_ns.size());
  record.time_median_ns = record.samples_ns[record.samples_ns.size() / 2];
  record.clock_mean_hz = 3e9;
  record.clock_min_hz = 2.9e9;
  record.load_mean = 0;
  record.warmup_runs = 5;
  record.warmup_end = "steady";
  return record;
}

TEST(MergeProcesses, KeepsEverySampleProcessAfterProcess) {
  std::vector<Record> processes{process("a", {10, 11, 12}), process("a", {12, 13, 14, 15, 16}),
                                process("a", {9, 10, 11})};
  processes[0].validated = "full";
  processes[1].clock_min_hz = 2.5e9;
  processes[1].load_mean = 1.1;
  processes[2].warmup_runs = 9;
  processes[2].warmup_end = "steady after 9";
  measure::Settings settings;
  settings.precision = 1;
  const Record merged = merge_processes(processes, settings);
  EXPECT_EQ(merged.samples_ns, (std::vector<double>{10, 11, 12, 12, 13, 14, 15, 16, 9, 10, 11}));
  EXPECT_EQ(merged.samples_per_process, (std::vector<std::int64_t>{3, 5, 3}));
  EXPECT_EQ(merged.processes, 3);
  EXPECT_EQ(merged.samples, 11);
  EXPECT_EQ(merged.time_median_ns, 11) << "of the medians 11, 14 and 10";
  EXPECT_EQ(merged.validated, "full");
  EXPECT_EQ(merged.clock_min_hz, 2.5e9);
  EXPECT_DOUBLE_EQ(*merged.load_mean, 0.5) << "5 of 11 samples saw 1.1";
  EXPECT_EQ(merged.warmup_end, "steady after 9");
  EXPECT_EQ(merged.status, Status::ok);
  const auto expected = reports::estimate_median(merged.samples_ns, merged.samples_per_process);
  EXPECT_EQ(merged.time_ci_lo_ns, expected.interval->lo);
}

TEST(MergeProcesses, IsUnstableWhenProcessesDisagreeAndSaysHowManyItTakes) {
  const std::vector<Record> processes{process("a", {10, 10, 10}), process("a", {12, 12, 12}),
                                      process("a", {11, 11, 11})};
  const Record merged = merge_processes(processes, {});
  EXPECT_EQ(merged.status, Status::unstable);
  EXPECT_NE(merged.status_reason.find("--rounds"), std::string::npos) << merged.status_reason;
}

TEST(MergeProcesses, IsThrottledWhenTheThrottledProcessesMatter) {
  std::vector<Record> processes;
  for (int i = 0; i < 7; ++i) processes.push_back(process("a", {100, 100, 100}));
  processes[3].status = Status::throttled;
  processes[3].status_reason = "slow clock";
  EXPECT_EQ(merge_processes(processes, {}).status, Status::ok) << "as fast as the others";
  for (Record& record : processes) {
    record.status = Status::throttled;
    record.status_reason = "slow clock";
  }
  const Record merged = merge_processes(processes, {});
  EXPECT_EQ(merged.status, Status::throttled);
  EXPECT_NE(merged.status_reason.find("7 of 7 processes: slow clock"), std::string::npos) << merged.status_reason;
}

TEST(MergeProcesses, OneProcessOfSeveralNeedsLessPrecision) {
  const measure::Settings all;
  EXPECT_DOUBLE_EQ(settings_of_one_process(all, 1, true).precision, all.precision);
  EXPECT_DOUBLE_EQ(settings_of_one_process(all, 4, true).precision, 2 * all.precision);
  EXPECT_TRUE(settings_of_one_process(all, 4, true).validate);
  EXPECT_FALSE(settings_of_one_process(all, 4, false).validate) << "validated once is enough";
}

class Partial : public testing::Test {
 protected:
  void SetUp() override { fs::remove(sidecar()); }
  void TearDown() override { fs::remove(sidecar()); }
  static fs::path output() { return fs::temp_directory_path() / fmt_pid(); }
  static fs::path sidecar() { return output().string() + ".rounds"; }
  static std::string fmt_pid() { return "attnscope_partial_" + std::to_string(::getpid()) + ".jsonl"; }
};

TEST_F(Partial, ProcessesSurviveUntilTheirCaseIsFinished) {
  {
    PartialCases partial(output(), false);
    partial.add(process("a", {1, 2, 3}));
    partial.add(process("b", {4, 5}));
    partial.add(process("a", {6}));
  }
  PartialCases resumed(output(), true);
  ASSERT_EQ(resumed.of("a").size(), 2u);
  EXPECT_EQ(resumed.of("a")[1].samples_ns, (std::vector<double>{6}));
  EXPECT_EQ(resumed.of("b").size(), 1u);
  EXPECT_TRUE(resumed.of("c").empty());
  resumed.finish("a");
  EXPECT_TRUE(resumed.of("a").empty());
  EXPECT_TRUE(fs::exists(sidecar())) << "b is still incomplete";
  resumed.finish("b");
  EXPECT_FALSE(fs::exists(sidecar()));
}

TEST_F(Partial, ANewRunDoesNotTakeOverWhatAnOldOneLeft) {
  PartialCases(output(), false).add(process("a", {1}));
  EXPECT_TRUE(PartialCases(output(), false).of("a").empty());
  EXPECT_FALSE(fs::exists(sidecar()));
}

}  // namespace
}  // namespace attnscope::harness::schedule
