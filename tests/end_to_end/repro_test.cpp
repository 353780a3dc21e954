// From a record to the same case again.
#include <gmock/gmock.h>

#include "reports/jsonl.h"
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Repro : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    ASSERT_EQ(attnscope("run -V longformer,linformer -P longformer.window=8 -a n=24,32 -a heads=1 -a "
                        "mode=forward,training -a causal=0,1 --seed 7 -o " +
                        file("r.jsonl") + short_run)
                  .exit_code,
              0);
  }
};

TEST_F(Repro, PrintsACommandThatMeasuresTheSameCase) {
  const auto all = records(file("r.jsonl"));
  ASSERT_EQ(all.size(), 16u);
  for (const reports::Record& record : {all.front(), all.back()}) {
    const Outcome outcome = attnscope("repro " + record.case_id + " " + file("r.jsonl"));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr(record.repro), HasSubstr("--max-time 20ms")));
    const std::string again = file(record.case_id + ".jsonl");
    const std::string typed = outcome.out.substr(std::string("attnscope ").size());
    attnscope(typed.substr(0, typed.size() - 1) + " -o " + again);
    ASSERT_EQ(records(again).size(), 1u);
    EXPECT_EQ(records(again)[0].case_id, record.case_id);
    EXPECT_EQ(records(again)[0].repro, record.repro);
    EXPECT_EQ(has_measurement(records(again)[0].status), has_measurement(record.status));
  }
}

TEST_F(Repro, RunMeasuresAndShowsBoth) {
  const auto record = records(file("r.jsonl")).at(0);
  const Outcome outcome =
      attnscope("repro " + record.case_id.substr(0, 12) + " " + file("r.jsonl") + " --run -o " + file("again.jsonl"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto again = records(file("again.jsonl"));
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].case_id, record.case_id);
  EXPECT_EQ(again[0].seed, 7);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("time_median_ns"), HasSubstr("peak_memory_bytes"), HasSubstr("equal")));
  EXPECT_EQ(attnscope("repro " + record.case_id + " " + file("r.jsonl") + " --run -o " + file("again.jsonl")).exit_code,
            2)
      << "nothing is overwritten";
}

TEST_F(Repro, AnIdMustNameOneCase) {
  EXPECT_EQ(attnscope("repro zzzz " + file("r.jsonl")).exit_code, 6);
  EXPECT_EQ(attnscope("repro '' " + file("r.jsonl")).exit_code, 2);
  const auto all = records(file("r.jsonl"));
  // Sixteen cases, sixteen digits: two begin alike unless all are different.
  for (const auto& one : all) {
    for (const auto& other : all) {
      if (one.case_id == other.case_id || one.case_id[0] != other.case_id[0]) continue;
      const Outcome outcome = attnscope("repro " + one.case_id.substr(0, 1) + " " + file("r.jsonl"));
      EXPECT_EQ(outcome.exit_code, 2);
      EXPECT_THAT(outcome.err, AllOf(HasSubstr(one.case_id), HasSubstr(other.case_id)));
      return;
    }
  }
  FAIL() << "no two ids begin alike: choose another sweep";
}

TEST_F(Repro, TakesTheNewestOfSeveral) {
  std::string older = read(file("r.jsonl"));
  const auto record = records(file("r.jsonl")).at(0);
  for (std::size_t at = 0; (at = older.find("\"started_at\":\"20", at)) != std::string::npos; ++at)
    older.replace(at, 16, "\"started_at\":\"19");
  for (std::size_t at = 0; (at = older.find("--max-time", at)) != std::string::npos; ++at)
    older.replace(at, 10, "--min-time");
  const std::string old_file = write("old.jsonl", older);
  const Outcome outcome = attnscope("repro " + record.case_id + " " + file("r.jsonl") + " " + old_file);
  EXPECT_THAT(outcome.out, HasSubstr("--max-time"));
  EXPECT_THAT(outcome.err, HasSubstr("2 records"));
}

}  // namespace
}  // namespace attnscope::end_to_end
