// What the programs say about the machine, and what they refuse because of it.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "reports/jsonl.h"
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

using ::testing::HasSubstr;

class Machine : public ProgramTest {
 protected:
  Outcome run(const std::string& more) const {
    return attnscope("run -V flash -a n=64 -a heads=1 --force -o " + file("r.jsonl") + short_run + more);
  }
};

TEST_F(Machine, RecordsCarryTheirShareOfTheRoofline) {
  ASSERT_EQ(run("").exit_code, 0);
  const auto loaded = reports::load_jsonl(file("r.jsonl"));
  ASSERT_EQ(loaded.run.records.size(), 1U);
  const reports::Record& record = loaded.run.records.front();
  EXPECT_EQ(record.peak_source, "calibrated");
  ASSERT_TRUE(record.mfu && record.roofline_frac && record.peak_flop_per_s && record.peak_bytes_per_s);
  EXPECT_DOUBLE_EQ(*record.mfu, *record.flop_per_s / *record.peak_flop_per_s);
  EXPECT_DOUBLE_EQ(
      *record.roofline_frac,
      *record.flop_per_s / std::min(*record.peak_flop_per_s, *record.arithmetic_intensity * *record.peak_bytes_per_s));
  const auto& ceilings = loaded.run.environments.front().values.at("ceilings");
  ASSERT_EQ(ceilings.size(), 1U);
  EXPECT_EQ(ceilings[0].at("dtype"), "f32");
}

TEST_F(Machine, CeilingsComeFromAFileOfThisProcessorOnly) {
  ASSERT_EQ(attnscope("calibrate --threads 1 --time 1ms -o " + file("c.json")).exit_code, 0);
  auto document = nlohmann::json::parse(read(file("c.json")));
  for (auto& ceilings : document["ceilings"]) ceilings["flop_per_s"] = ceilings["matmul_flop_per_s"] = 1e15;
  const std::string own = write("own.json", document.dump());
  ASSERT_EQ(run(" -a threads=1 --ceilings " + own).exit_code, 0);
  EXPECT_EQ(records(file("r.jsonl")).front().peak_flop_per_s, 1e15);

  document["cpu"] = "Another Processor";
  const Outcome refused = run(" -a threads=1 --ceilings " + write("other.json", document.dump()));
  EXPECT_EQ(refused.exit_code, 5);
  EXPECT_THAT(refused.err, HasSubstr("Another Processor"));
  EXPECT_EQ(run(" --ceilings " + write("bad.json", "{}")).exit_code, 2);
  EXPECT_EQ(run(" --ceilings " + file("missing.json")).exit_code, 2);

  ASSERT_EQ(run(" --ceilings off").exit_code, 0);
  EXPECT_FALSE(records(file("r.jsonl")).front().roofline_frac);
}

TEST_F(Machine, CalibrateSpeaksJson) {
  const Outcome outcome = attnscope("calibrate --threads 1,2 --time 1ms --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(nlohmann::json::parse(outcome.out).at("ceilings").size(), 2U);
  EXPECT_EQ(attnscope("calibrate --threads many").exit_code, 2);
}

TEST_F(Machine, DoctorFindsAndStrictRefuses) {
  const Outcome outcome = attnscope("doctor --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  bool warned = false;
  for (const auto& finding : nlohmann::json::parse(outcome.out)) {
    warned = warned || finding.at("fitness") == "warning" || finding.at("fitness") == "unfit";
  }
  // The load may change between two looks at the machine; a build type does not.
  EXPECT_THAT(attnscope("doctor").out, HasSubstr("build"));
  if (warned) {
    const int code = attnscope("doctor --strict").exit_code;
    EXPECT_TRUE(code == 5 || code == 0) << code;
  }
}

}  // namespace
}  // namespace attnscope::end_to_end
