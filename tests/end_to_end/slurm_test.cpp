// scripts/slurm against a real Slurm: an array of shards, one of them killed, only that one run again, and the merge
// equal to a run without shards.
#include <gmock/gmock.h>
#include <map>
#include <memory>
#include <unistd.h>

#include "reports/jsonl.h"
#include "tests/end_to_end/program.h"
#include "tests/end_to_end/slurm_cluster.h"

namespace attnscope::end_to_end {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Slurm : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    cluster_ = std::make_unique<SlurmCluster>(file("cluster"));
    if (!cluster_->problem().empty()) GTEST_SKIP() << "no Slurm here: " << cluster_->problem();
  }
  void TearDown() override {
    cluster_.reset();
    ProgramTest::TearDown();
  }

  Outcome submit(const std::string& arguments) const {
    return shell(cluster_->environment() + "'" ATTNSCOPE_SLURM_SCRIPTS "/submit' -d '" + file("sweep") + "' " +
                 arguments);
  }
  Outcome submit_sweep(const std::string& arguments = sweep) const {
    return submit("-n 3 --program '" ATTNSCOPE_PROGRAM "' --time=10 -- " + arguments);
  }
  std::string in_sweep(const std::string& name) const { return file("sweep") + "/" + name; }
  bool has(const std::string& name) const { return fs::exists(in_sweep(name)); }

  // The log of the last merge.
  std::string merge_log() const {
    std::map<fs::file_time_type, std::string> logs;
    for (const auto& entry : fs::directory_iterator(in_sweep("log"))) {
      if (entry.path().filename().string().starts_with("merge")) logs[entry.last_write_time()] = entry.path();
    }
    return logs.empty() ? "" : read(logs.rbegin()->second);
  }
  std::string all_logs() const {
    std::string text;
    for (const auto& entry : fs::directory_iterator(in_sweep("log")))
      text += entry.path().filename().string() + ":\n" + read(entry.path());
    return text;
  }

  static std::map<std::string, std::string> lines_by_key(const std::string& path) {
    std::map<std::string, std::string> lines;
    for (const auto& record : records(path)) {
      if (record.status != reports::Status::interrupted) lines[record.case_key] = reports::to_json_line(record);
    }
    return lines;
  }
  std::size_t finished(const std::string& path) const {
    try {
      return lines_by_key(path).size();
    } catch (const reports::FileError&) {
      return 0;  // nothing readable yet
    }
  }

  // Long enough a case that a shard can be caught in the middle; with holes in the plan.
  static inline const std::string sweep =
      "-V softmax,flash,linformer -a n=16:64:x2 -a heads=1 -a mode=forward,training -a causal=0,1 --where 'n<=32' "
      "--min-time 300ms --max-time 300ms --precision 50% ";
  std::unique_ptr<SlurmCluster> cluster_;
};

TEST_F(Slurm, AKilledShardIsRunAgainAndTheMergeIsTheWholeSweep) {
  const Outcome first = submit_sweep();
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("shards 1 2 3 of 3"));
  const Outcome meanwhile = submit("");
  EXPECT_EQ(meanwhile.exit_code, 0) << meanwhile.err;
  EXPECT_THAT(meanwhile.out, AllOf(HasSubstr("still waiting or running"), Not(HasSubstr("job")))) << "none twice";

  std::string job = read(in_sweep("jobs"));
  job.pop_back();
  for (int i = 0; i < 600 && finished(in_sweep("shard-2.jsonl")) < 2; ++i) ::usleep(100'000);
  ASSERT_GE(finished(in_sweep("shard-2.jsonl")), 2u) << all_logs();
  ASSERT_EQ(shell(cluster_->environment() + "scancel " + job + "_2").exit_code, 0);
  ASSERT_TRUE(cluster_->wait_until_empty(120)) << all_logs();

  EXPECT_TRUE(has("shard-1.done") && has("shard-3.done")) << all_logs();
  EXPECT_FALSE(has("shard-2.done"));
  EXPECT_FALSE(has("run.jsonl")) << "an incomplete sweep has no result";
  EXPECT_THAT(merge_log(), AllOf(HasSubstr("shards 2 of 3"), HasSubstr("submit -d")));
  const auto kept = lines_by_key(in_sweep("shard-2.jsonl"));
  const std::string untouched = read(in_sweep("shard-1.jsonl"));

  const Outcome second = submit("");
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("shards 2 of 3"));
  ASSERT_TRUE(cluster_->wait_until_empty(120)) << all_logs();
  ASSERT_TRUE(has("run.jsonl")) << all_logs();
  EXPECT_EQ(read(in_sweep("shard-1.jsonl")), untouched) << "what was done is not run again";
  const auto now = lines_by_key(in_sweep("shard-2.jsonl"));
  EXPECT_GT(now.size(), kept.size()) << "the shard was killed in the middle";
  for (const auto& [key, line] : kept) EXPECT_EQ(now.at(key), line) << "resumed, not restarted";

  ASSERT_EQ(attnscope("run " + sweep + "-o " + file("whole.jsonl")).exit_code, 0);
  EXPECT_EQ(endings(in_sweep("run.jsonl")), endings(file("whole.jsonl")));
  EXPECT_EQ(records(in_sweep("run.jsonl")).size(), 36u) << "each case once";

  const Outcome third = submit("");
  EXPECT_EQ(third.exit_code, 0);
  EXPECT_THAT(third.out, HasSubstr("complete"));
}

TEST_F(Slurm, RefusesAnotherSweepInTheSameFolder) {
  ASSERT_EQ(submit_sweep("-V flash -a n=16 -a heads=1" + short_run).exit_code, 0);
  const Outcome other = submit("-n 3 -- -V flash -a n=32");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("another sweep"));
  EXPECT_EQ(submit("-n 4").exit_code, 2);
  ASSERT_TRUE(cluster_->wait_until_empty(60)) << all_logs();
  EXPECT_EQ(records(in_sweep("run.jsonl")).size(), 1u) << "two of the three shards hold no case: " << all_logs();
}

TEST_F(Slurm, MistakesAreFoundBeforeAnyJob) {
  EXPECT_EQ(submit_sweep("-V flahs").exit_code, 2);
  EXPECT_EQ(submit_sweep("-V flash -o mine.jsonl").exit_code, 2);
  EXPECT_EQ(submit("-n 0 -- -V flash").exit_code, 2);
  EXPECT_EQ(submit("").exit_code, 2) << "nothing to go on with";
  EXPECT_TRUE(cluster_->wait_until_empty(0));
}

}  // namespace
}  // namespace attnscope::end_to_end
