// What was given, what was expected, what to do: for every kind of bad input.
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

using reports::Status;

class BadInput : public ProgramTest {
 protected:
  static void expect_usage_error(const std::string& arguments, const std::string& hint) {
    const Outcome outcome = attnscope(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments << "\n" << outcome.err;
    EXPECT_NE(outcome.err.find(hint), std::string::npos) << arguments << "\n" << outcome.err;
    EXPECT_TRUE(outcome.out.empty()) << "nothing but data on standard output";
  }
};

TEST_F(BadInput, NearestSpellings) {
  const std::string out = " -o " + file("r.jsonl");
  expect_usage_error("run -V longfromer" + out, "longformer");
  expect_usage_error("run -V flash -a nn=4" + out, "'n'");
  expect_usage_error("run -V flash -a dtypes=f32" + out, "dtype");
  expect_usage_error("run -V flash --device cpuu" + out, "cpu");
  expect_usage_error("run --preset quik" + out, "quick");
  expect_usage_error("run -V flash --where 'varaint==flash'" + out, "variant");
  expect_usage_error("run -V flash -P flash.blok_q=4" + out, "block_q");
  expect_usage_error("run -V flash -P flash.block_q=many" + out, "block_q");
  expect_usage_error("list variant", "variants");
  expect_usage_error("describe performr", "performer");
  expect_usage_error("run -V flash --input listop" + out, "listops");
  expect_usage_error("runn", "run");
  EXPECT_FALSE(std::filesystem::exists(file("r.jsonl"))) << "a usage error leaves no file";
}

TEST_F(BadInput, NothingMatchedIsNotSuccess) {
  EXPECT_EQ(attnscope("run -V 'x*' -o " + file("r.jsonl")).exit_code, 6);
  EXPECT_EQ(attnscope("list cases -V flash -a n=64 --where 'n>=1m'").exit_code, 6);
}

TEST_F(BadInput, ImpossibleCasesAreRecords) {
  const Outcome outcome = attnscope(
      "run -V linformer,longformer -P longformer.global=2 -a n=16 -a heads=1 -a causal=1 -a dtype=f32,bf16 -o " +
      file("r.jsonl") + short_run);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto all = records(file("r.jsonl"));
  ASSERT_EQ(all.size(), 4u);
  for (const auto& record : all) {
    EXPECT_EQ(record.status, Status::unsupported) << record.variant;
    EXPECT_FALSE(record.status_reason.empty());
  }
}

TEST_F(BadInput, ValuesOutsideTheirRangeAreRecords) {
  EXPECT_EQ(attnscope("run -V flash -P flash.block_q=0 -a n=16 -o " + file("r.jsonl") + short_run).exit_code, 0);
  const auto all = records(file("r.jsonl"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].status, Status::unsupported);
  EXPECT_NE(all[0].status_reason.find("block_q"), std::string::npos) << all[0].status_reason;
}

TEST_F(BadInput, DamagedRunsAreReadAsFarAsTheyGo) {
  ASSERT_EQ(attnscope("run -V flash,softmax -a n=16,32 -a heads=1 -o " + file("r.jsonl") + short_run).exit_code, 0);
  const std::string whole = read(file("r.jsonl"));
  write("cut.jsonl", whole.substr(0, whole.size() - 20));
  const Outcome cut = attnscope("export " + file("cut.jsonl") + " --format csv");
  EXPECT_EQ(cut.exit_code, 0) << "three of four records are there";
  EXPECT_EQ(std::count(cut.out.begin(), cut.out.end(), '\n'), 4) << "a header and three rows";
  EXPECT_NE(cut.err.find("cut.jsonl"), std::string::npos);
  EXPECT_NE(cut.err.find("5"), std::string::npos) << "the line is named: " << cut.err;

  const Outcome csv = attnscope("export " + write("run.csv", "variant,mode\nflash,forward\n") + " --format csv");
  EXPECT_EQ(csv.exit_code, 2);
  EXPECT_NE(csv.err.find("run.csv"), std::string::npos);
  EXPECT_EQ(attnscope("export " + file("missing.jsonl") + " --format csv").exit_code, 2);
  expect_usage_error("export " + file("r.jsonl") + " --format cvs", "csv");
}

TEST_F(BadInput, TextsMustExist) {
  expect_usage_error("run -V flash --input text:" + file("missing.txt") + " -o " + file("r.jsonl"), "missing.txt");
  expect_usage_error("run -V flash --input text:" + write("empty.txt", "") + " -o " + file("r.jsonl"), "empty.txt");
}

}  // namespace
}  // namespace attnscope::end_to_end
