// Killing a run at any time loses at most the case in flight, and --resume completes to the same set.
#include <set>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/jsonl.h"
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

class Resume : public ProgramTest {
 protected:
  static std::multiset<std::string> keys(const std::string& path) {
    std::multiset<std::string> all;
    for (const auto& record : records(path)) {
      if (record.status != reports::Status::interrupted) all.insert(record.case_key);
    }
    return all;
  }
  static std::size_t finished(const std::string& path) {
    try {
      return keys(path).size();
    } catch (const reports::FileError&) {
      return 0;  // nothing readable yet
    }
  }
  // Waits until the run has finished that many cases.
  static void wait_for(const std::string& path, std::size_t cases) {
    for (int i = 0; i < 2000 && finished(path) < cases; ++i) ::usleep(10'000);
  }
  const std::string sweep_ =
      "run -V softmax,flash,linear_transformer -a n=16:128:x2 -a heads=1 -a mode=forward,training" + short_run + "-o ";
};

TEST_F(Resume, KillingTheParentLosesNoFinishedCase) {
  const int program = start_attnscope(sweep_ + file("killed.jsonl"));
  wait_for(file("killed.jsonl"), 4);
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  const std::size_t before = finished(file("killed.jsonl"));
  EXPECT_GE(before, 4u);
  EXPECT_LT(before, 24u) << "killed in mid-sweep";

  EXPECT_EQ(attnscope(sweep_ + file("killed.jsonl") + " --resume").exit_code, 0);
  EXPECT_EQ(attnscope(sweep_ + file("whole.jsonl")).exit_code, 0);
  EXPECT_EQ(keys(file("killed.jsonl")), keys(file("whole.jsonl"))) << "the same set, each case once";
  EXPECT_EQ(keys(file("whole.jsonl")).size(), 24u);

  const std::string complete = read(file("killed.jsonl"));
  EXPECT_EQ(attnscope(sweep_ + file("killed.jsonl") + " --resume").exit_code, 0);
  EXPECT_EQ(keys(file("killed.jsonl")).size(), 24u) << "resuming a complete run measures nothing again";
}

TEST_F(Resume, AnInterruptedRunSaysSoAndIsReadable) {
  const int program = start_attnscope(sweep_ + file("r.jsonl"));
  wait_for(file("r.jsonl"), 2);
  ::kill(program, SIGINT);
  int status = 0;
  ::waitpid(program, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_TRUE(reports::load_jsonl(file("r.jsonl")).issues.empty()) << "every line is whole";
}

TEST_F(Resume, ARunIsNotOverwrittenByAccident) {
  const std::string one = "run -V flash -a n=16 -a heads=1" + short_run + "-o " + file("r.jsonl");
  EXPECT_EQ(attnscope(one).exit_code, 0);
  const std::string before = read(file("r.jsonl"));
  const Outcome again = attnscope(one);
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_NE(again.err.find("--resume"), std::string::npos);
  EXPECT_EQ(read(file("r.jsonl")), before);
}

}  // namespace
}  // namespace attnscope::end_to_end
