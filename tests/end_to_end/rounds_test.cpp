// Several processes per case, interleaved: one record each, and a kill loses no process that had ended.
#include <filesystem>
#include <map>
#include <numeric>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/jsonl.h"
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

using reports::Record;

class Rounds : public ProgramTest {
 protected:
  static std::vector<Record> kept(const std::string& output) {
    try {
      return records(output + ".rounds");
    } catch (const reports::FileError&) {
      return {};  // not there, or nothing in it yet
    }
  }
  void kill_after_nine_processes() const {
    const int program = start_attnscope(sweep(4));
    for (int i = 0; i < 2000 && kept(file("r.jsonl")).size() < 9; ++i) ::usleep(10'000);
    ::kill(program, SIGKILL);
    ::waitpid(program, nullptr, 0);
  }
  std::string sweep(int rounds) const {
    return "run -V softmax,flash,linear_transformer -a n=16,32 -a heads=1 --rounds " + std::to_string(rounds) +
           short_run + "-o " + file("r.jsonl");
  }
};

TEST_F(Rounds, ManyProcessesAreOneRecord) {
  const Outcome outcome = attnscope(sweep(4));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto all = records(file("r.jsonl"));
  ASSERT_EQ(all.size(), 6u);
  for (const Record& record : all) {
    EXPECT_EQ(record.processes, 4);
    ASSERT_EQ(record.samples_per_process.size(), 4u);
    EXPECT_EQ(std::accumulate(record.samples_per_process.begin(), record.samples_per_process.end(), std::int64_t{0}),
              static_cast<std::int64_t>(record.samples_ns.size()));
    EXPECT_EQ(record.validated, "full") << "by the first process";
    EXPECT_TRUE(record.flop_per_s);
  }
  EXPECT_FALSE(std::filesystem::exists(file("r.jsonl.rounds"))) << "nothing is left beside the file";
}

TEST_F(Rounds, AKillLosesNoProcessThatHadEnded) {
  kill_after_nine_processes();
  std::map<std::string, std::vector<double>> before;  // the samples of each case's processes so far
  for (const Record& record : kept(file("r.jsonl"))) {
    auto& samples = before[record.case_key];
    samples.insert(samples.end(), record.samples_ns.begin(), record.samples_ns.end());
  }
  ASSERT_GE(before.size(), 3u) << "killed in the middle";

  ASSERT_EQ(attnscope(sweep(4) + " --resume").exit_code, 0);
  const auto all = records(file("r.jsonl"));
  EXPECT_EQ(all.size(), 6u);
  for (const Record& record : all) {
    EXPECT_EQ(record.processes, 4) << record.case_key;
    const auto& samples = before[record.case_key];
    ASSERT_GE(record.samples_ns.size(), samples.size());
    EXPECT_TRUE(std::equal(samples.begin(), samples.end(), record.samples_ns.begin())) << "measured before the kill";
  }
  EXPECT_FALSE(std::filesystem::exists(file("r.jsonl.rounds")));
}

TEST_F(Rounds, CasesThatHaveAllTheirProcessesAreNotRunAgain) {
  kill_after_nine_processes();
  std::map<std::string, std::int64_t> before;
  for (const Record& record : kept(file("r.jsonl"))) ++before[record.case_key];
  ASSERT_GE(before.size(), 3u);
  ASSERT_EQ(attnscope(sweep(1) + " --resume").exit_code, 0);
  for (const Record& record : records(file("r.jsonl"))) {
    const auto kept_processes = before.find(record.case_key);
    EXPECT_EQ(record.processes, kept_processes == before.end() ? 1 : kept_processes->second) << record.case_key;
  }
}

TEST_F(Rounds, ACaseThatFailsEndsWithItsFirstFailure) {
  const Outcome outcome =
      attnscope_faulty("run -V crashes,flash -a n=16 -a heads=1 --rounds 3" + short_run + "-o " + file("r.jsonl"));
  EXPECT_EQ(outcome.exit_code, 3);
  const auto all = records(file("r.jsonl"));
  ASSERT_EQ(all.size(), 2u);
  for (const Record& record : all) {
    if (record.variant == "crashes") {
      EXPECT_EQ(record.status, reports::Status::crashed);
      EXPECT_NE(record.status_reason.find("(process 1 of 3)"), std::string::npos) << record.status_reason;
    } else {
      EXPECT_EQ(record.processes, 3);
    }
  }
}

}  // namespace
}  // namespace attnscope::end_to_end
