// Runs that are killed again and again, at random moments, parent or child, by any signal: nothing that was finished is
// ever lost or changed, and in the end the run is the same as one that nobody disturbed.
//
// ATTNSCOPE_KILLS sets the number of kills; scripts/campaigns/kills runs many.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/jsonl.h"
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

using reports::Record;
using reports::Status;

int wanted_kills() {
  const char* text = std::getenv("ATTNSCOPE_KILLS");
  return text != nullptr ? std::atoi(text) : 8;
}

// The process that measures, if there is one at this moment.
int child_of(int parent) {
  std::ifstream children("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  int child = 0;
  children >> child;
  return child;
}

class KillCampaign : public ProgramTest {
 protected:
  // Final records by key. Fails when a key is there twice.
  std::map<std::string, Record> finished(const std::string& path) const {
    std::map<std::string, Record> by_key;
    try {
      for (const Record& record : records(path)) {
        if (record.status == Status::interrupted) continue;
        EXPECT_TRUE(by_key.emplace(record.case_key, record).second) << record.case_key << " is there twice";
      }
    } catch (const reports::FileError&) {
      // killed before the first line was whole
    }
    return by_key;
  }

  // Exit status as a shell reports it.
  static int end_of(int process) {
    int status = 0;
    ::waitpid(process, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  const std::string sweep_ =
      "run -V softmax,flash,linear_transformer -a n=16:64:x2 -a heads=1 -a mode=forward,training"
      " --ceilings off" +
      short_run + "-o ";
  static constexpr std::size_t cases_ = 18;
};

// What was done to one start of the program.
struct Disturbance {
  int kills = 0, of_children = 0;
};

class Killer {
 public:
  // Waits at random, then kills: two of three times the process that measures, after which the program goes on, else
  // the program itself.
  Disturbance disturb(int program, int most) {
    constexpr std::array signals{SIGKILL, SIGKILL, SIGINT, SIGTERM, SIGSEGV, SIGABRT};
    Disturbance done;
    while (done.kills < most) {
      ::usleep(static_cast<useconds_t>(delay_us_(random_)));
      if (::waitpid(program, nullptr, WNOHANG) != 0) return done;
      const bool child_is_target = random_() % 3 != 0;
      const int target = child_is_target ? child_of(program) : program;
      if (target == 0 || ::kill(target, signals[random_() % signals.size()]) != 0) continue;
      ++done.kills;
      done.of_children += child_is_target ? 1 : 0;
      if (!child_is_target) break;
    }
    ::waitpid(program, nullptr, 0);
    return done;
  }

 private:
  std::mt19937 random_{20261125};
  std::uniform_int_distribution<int> delay_us_{0, 300'000};
};

TEST_F(KillCampaign, NothingFinishedIsLost) {
  Killer killer;
  std::map<std::string, Record> known;
  int kills = 0, of_children = 0, starts = 0, files = 0;
  std::string path;
  while (kills < wanted_kills()) {
    if (path.empty()) {
      path = file("run" + std::to_string(files++) + ".jsonl");
      known.clear();
    }
    ++starts;
    const Disturbance done = killer.disturb(start_attnscope(sweep_ + path + " --resume"), wanted_kills() - kills);
    kills += done.kills;
    of_children += done.of_children;
    const auto now = finished(path);
    for (const auto& [key, record] : known) {
      ASSERT_TRUE(now.contains(key)) << key << " is lost after " << kills << " kills";
      ASSERT_EQ(now.at(key).samples_ns, record.samples_ns) << key << " was measured again";
      ASSERT_EQ(now.at(key).status, record.status);
    }
    for (const auto& [key, record] : now) {
      const bool by_our_hand = record.status == Status::crashed;
      ASSERT_TRUE(has_measurement(record.status) || by_our_hand) << key << ": " << record.status_reason;
      ASSERT_TRUE(!by_our_hand || record.status_reason.find("signal") != std::string::npos) << record.status_reason;
    }
    known = now;
    if (known.size() == cases_) path.clear();
    if (starts % 50 == 0) std::printf("%d kills …\n", kills), std::fflush(stdout);
  }
  if (!path.empty()) {
    const int code = attnscope(sweep_ + path + " --resume").exit_code;
    EXPECT_TRUE(code == 0 || code == 3) << code;
    EXPECT_EQ(finished(path).size(), cases_);
  }
  std::printf("%d kills (%d of children) in %d starts over %d runs: no finished record lost, none wrong\n", kills,
              of_children, starts, files);
}

TEST_F(KillCampaign, AFullDiskIsReportedAndLosesNothing) {
  const std::string path = file("full.jsonl");
  // The shell's file size limit is in blocks of 512 bytes; each record takes several.
  const int status = std::system(("sh -c 'ulimit -f 40; exec " + std::string(ATTNSCOPE_PROGRAM) + " " + sweep_ + path +
                                  "' >/dev/null 2>" + file("messages"))
                                     .c_str());
  ASSERT_TRUE(WIFEXITED(status)) << "it must not die of SIGXFSZ";
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_NE(read(file("messages")).find("ulimit -f"), std::string::npos) << read(file("messages"));
  const auto before = finished(path);
  EXPECT_GT(before.size(), 0U);
  EXPECT_LT(before.size(), cases_);
  EXPECT_TRUE(reports::load_jsonl(path).issues.empty()) << "no half line is left";
  EXPECT_EQ(attnscope(sweep_ + path + " --resume").exit_code, 0);
  const auto after = finished(path);
  EXPECT_EQ(after.size(), cases_);
  for (const auto& [key, record] : before) EXPECT_EQ(after.at(key).samples_ns, record.samples_ns);
}

TEST_F(KillCampaign, TwoRunsNeverWriteOneFile) {
  const std::string path = file("shared.jsonl");
  const int first = start_attnscope(sweep_ + path);
  for (int i = 0; i < 500 && finished(path).empty(); ++i) ::usleep(10'000);
  const Outcome second = attnscope(sweep_ + path + " --resume");
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_NE(second.err.find("another attnscope"), std::string::npos) << second.err;
  EXPECT_EQ(end_of(first), 0);
  EXPECT_EQ(finished(path).size(), cases_);
}

TEST_F(KillCampaign, ACorruptLineIsNamedAndSkipped) {
  const std::string path = file("run.jsonl");
  ASSERT_EQ(attnscope(sweep_ + path).exit_code, 0);
  std::string text = read(path);
  const auto third = text.find('\n', text.find('\n') + 1) + 1;
  text[third + 3] = '\x01';
  write("run.jsonl", text);
  const Outcome resumed = attnscope(sweep_ + path + " --resume");
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_NE(resumed.err.find("run.jsonl:3"), std::string::npos) << resumed.err;
  EXPECT_EQ(finished(path).size(), cases_);
}

}  // namespace
}  // namespace attnscope::end_to_end
