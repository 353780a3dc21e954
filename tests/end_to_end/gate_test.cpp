// `gate`: what fails, what does not, and what is refused.
#include <nlohmann/json.hpp>

#include "tests/end_to_end/program.h"
#include "tests/end_to_end/run_file.h"

namespace attnscope::end_to_end {
namespace {

using reports::Record;
using reports::Status;

class Gate : public ProgramTest {
 protected:
  // The gate over two made-up runs; nothing is measured.
  Outcome gate(const std::vector<Record>& base, const std::vector<Record>& other, const std::string& options = "") {
    for (const char* name : {"base.jsonl", "new.jsonl"}) std::filesystem::remove(file(name));
    write_run(file("base.jsonl"), base);
    write_run(file("new.jsonl"), other);
    return attnscope("gate " + file("base.jsonl") + " " + file("new.jsonl") + " --confirm 0 " + options);
  }
};

TEST_F(Gate, ExitCodesDoNotCount) {
  std::vector<Record> base, slower, faster;
  for (int i = 0; i < 256; ++i) {
    const std::string key = "case " + std::to_string(i);
    base.push_back(record_at(key, 100, 1));
    slower.push_back(record_at(key, 150, 2));
    faster.push_back(record_at(key, 70, 2));
  }
  EXPECT_EQ(gate(base, slower).exit_code, 1) << "256 regressions";
  EXPECT_EQ(gate(base, faster).exit_code, 0) << "improvements";
  EXPECT_EQ(gate(base, base).exit_code, 0);
  std::vector<Record> one = base;
  one[17] = slower[17];
  const Outcome outcome = gate(base, one);
  EXPECT_EQ(outcome.exit_code, 1) << "one regression";
  EXPECT_NE(outcome.out.find("1 regression"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("case 17"), std::string::npos);
}

TEST_F(Gate, OneByteFails) {
  const std::vector<Record> base{record_at("a", 100)};
  std::vector<Record> other = base;
  ++*other[0].peak_memory_bytes;
  EXPECT_EQ(gate(base, other).exit_code, 1);
  EXPECT_EQ(
      gate(base, other, "--policy " + write("p.toml", "[m]\nmetric='peak_memory_bytes'\nmin_effect='1%'\n")).exit_code,
      0);
}

TEST_F(Gate, MissingAndBrokenCasesFail) {
  const std::vector<Record> base{record_at("a", 100), record_at("b", 100)};
  EXPECT_EQ(gate(base, {base[0]}).exit_code, 1);
  EXPECT_EQ(gate({base[0]}, base).exit_code, 0) << "a new case";
  std::vector<Record> other = base;
  other[1].status = Status::timeout;
  EXPECT_EQ(gate(base, other).exit_code, 1);
  EXPECT_EQ(gate(other, base).exit_code, 0) << "mended";
  EXPECT_EQ(gate(base, {base[0]}, "--filter variant:a").exit_code, 0);
  EXPECT_EQ(gate(base, base, "--filter variant:c").exit_code, 6);
}

TEST_F(Gate, TellsWhatItCouldNotDecide) {
  std::mt19937_64 random(3);
  const std::vector<Record> base{reports::testing::noisy_record("a", 100, random, 3, 0.1, 0.1)};
  const std::vector<Record> other{reports::testing::noisy_record("a", 105, random, 3, 0.1, 0.1)};
  const Outcome outcome = gate(base, other);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.err.find("inconclusive"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.out.find("would decide"), std::string::npos) << outcome.out;
  EXPECT_EQ(gate(base, other, "--fail-on inconclusive").exit_code, 4);
  EXPECT_EQ(gate(base, other, "--fail-on inconclusiv").exit_code, 2);
}

TEST_F(Gate, RefusesOtherMachinesAndSchemas) {
  write_run(file("base.jsonl"), {record_at("a", 100)}, "old CPU");
  write_run(file("new.jsonl"), {record_at("a", 100)}, "new CPU");
  const std::string command = "gate " + file("base.jsonl") + " " + file("new.jsonl") + " --confirm 0";
  const Outcome outcome = attnscope(command);
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_NE(outcome.err.find("CPU model is old CPU there and new CPU"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  const Outcome allowed = attnscope(command + " --allow-machine");
  EXPECT_EQ(allowed.exit_code, 0);
  EXPECT_NE(allowed.out.find("another machine"), std::string::npos) << allowed.out;

  std::vector<Record> future{record_at("a", 100)};
  future[0].schema_version = "2.0.0";
  write_run(file("future.jsonl"), future, "old CPU");
  const Outcome schema = attnscope("gate " + file("future.jsonl") + " " + file("base.jsonl"));
  EXPECT_EQ(schema.exit_code, 5);
  EXPECT_NE(schema.err.find("schema 2.0.0"), std::string::npos) << schema.err;

  const std::string line = reports::to_json_line(record_at("a", 100)) + "\n";
  EXPECT_EQ(attnscope("gate " + write("bare.jsonl", line) + " " + write("bare2.jsonl", line)).exit_code, 5)
      << "a file that does not tell its machine";
}

TEST_F(Gate, WrongPoliciesNameTheLine) {
  const std::vector<Record> base{record_at("a", 100)};
  const Outcome metric = gate(base, base, "--policy " + write("p.toml", "[time]\nmetric = \"tiem\"\n"));
  EXPECT_EQ(metric.exit_code, 2);
  EXPECT_NE(metric.err.find("p.toml:2: unknown metric 'tiem'"), std::string::npos) << metric.err;
  const Outcome waiver = gate(
      base, base,
      "--policy " + write("p.toml", "[default]\n[[waive]]\nfilter = 'variant:a'\nuntil = 2020-01-31\nreason = 'x'\n"));
  EXPECT_EQ(waiver.exit_code, 2);
  EXPECT_NE(waiver.err.find("p.toml:4: this waiver ended on 2020-01-31"), std::string::npos) << waiver.err;
  EXPECT_EQ(gate(base, base, "--policy defualt").exit_code, 2);
}

TEST_F(Gate, WritesEveryReportAtOnce) {
  const std::vector<Record> base{record_at("a", 100)};
  std::vector<Record> other = base;
  ++*other[0].peak_memory_bytes;
  const Outcome outcome =
      gate(base, other, "--md " + file("g.md") + " --json " + file("g.json") + " --junit " + file("g.xml"));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.out.find("gate FAILED"), std::string::npos);
  EXPECT_NE(read(file("g.md")).find("**Performance gate: FAILED**"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(read(file("g.json"))).at("passed"), false);
  EXPECT_NE(read(file("g.xml")).find("<failure"), std::string::npos);
  EXPECT_EQ(gate(base, other, "--json -").out.front(), '{');
  EXPECT_EQ(gate(base, other, "--md /no/such/folder/g.md").exit_code, 2);
}

TEST_F(Gate, RenewsTheBaselineFromOkRowsOnly) {
  std::vector<Record> base{record_at("a", 100), record_at("b", 100)};
  std::vector<Record> other{record_at("a", 150), record_at("b", 150), record_at("c", 150)};
  other[1].status = Status::unstable;
  EXPECT_EQ(gate(base, other, "--update-baseline").exit_code, 1) << "the verdict stays that over the old baseline";
  const auto renewed = records(file("base.jsonl"));
  ASSERT_EQ(renewed.size(), 3u);
  std::map<std::string, double> medians;
  for (const Record& record : renewed) medians[record.case_key] = *record.time_median_ns;
  EXPECT_EQ(medians.at("a"), *other[0].time_median_ns);
  EXPECT_EQ(medians.at("b"), *base[1].time_median_ns) << "not ok: the old one stays";
  EXPECT_EQ(medians.at("c"), *other[2].time_median_ns);
  EXPECT_FALSE(std::filesystem::exists(file("base.jsonl.update")));
  EXPECT_EQ(attnscope("gate " + file("base.jsonl") + " " + file("base.jsonl")).exit_code, 0);

  EXPECT_EQ(attnscope("gate " + file("first.jsonl") + " " + file("new.jsonl")).exit_code, 2);
  EXPECT_EQ(attnscope("gate " + file("first.jsonl") + " " + file("new.jsonl") + " --update-baseline").exit_code, 0);
  EXPECT_EQ(records(file("first.jsonl")).size(), 2u) << "a first baseline";
}

// A real run whose baseline claims a hundredth of its time.
class GateConfirm : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    ASSERT_EQ(attnscope("run -V flash -a n=64 -a heads=1 -o " + file("new.jsonl") + short_run).exit_code, 0);
    reports::Run run = reports::load_jsonl(file("new.jsonl")).run;
    reports::JsonlWriter writer(file("base.jsonl"), reports::JsonlWriter::Open::create);
    writer.append(run.environments.at(0));
    for (double& sample : run.records.at(0).samples_ns) sample /= 100;
    *run.records[0].time_median_ns /= 100;
    run.records[0].cycles_median.reset();  // it would tell the truth
    writer.append(run.records[0]);
    policy_ = write("p.toml", "[default]\nmin_effect = \"300%\"\nconfirm = 2\n");
  }
  Outcome gate(const std::string& options) {
    return attnscope("gate " + file("base.jsonl") + " " + file("new.jsonl") + " --policy " + policy_ +
                     " --min-time 1ms --max-time 20ms " + options);
  }
  std::string policy_;
};

TEST_F(GateConfirm, AgainstTheBaselinesValueTheSuspectStands) {
  const Outcome outcome = gate("");
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_NE(outcome.out.find("confirmed: measured again"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("--base-exe"), std::string::npos) << outcome.out;
}

TEST_F(GateConfirm, AgainstTheBaselinesProgramItFalls) {
  const Outcome outcome = gate(std::string("--base-exe ") + ATTNSCOPE_PROGRAM);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_NE(outcome.out.find("not confirmed"), std::string::npos) << outcome.out;
}

TEST_F(GateConfirm, WithoutMeasuringItStands) {
  EXPECT_EQ(gate("--confirm 0").exit_code, 1);
  const Outcome outcome = gate("--base-exe /bin/true");
  EXPECT_EQ(outcome.exit_code, 1) << "what cannot be measured again is not acquitted";
  EXPECT_NE(outcome.out.find("could not be measured again"), std::string::npos) << outcome.out;
}

TEST_F(ProgramTest, GateCatchesAPlantedByte) {
  const std::string run = "run -V steady -a n=24,40 -a heads=1" + short_run + " -o ";
  ASSERT_EQ(attnscope_faulty(run + file("base.jsonl")).exit_code, 0);
  ASSERT_EQ(attnscope_faulty(run + file("same.jsonl")).exit_code, 0);
  ::setenv("ATTNSCOPE_PLANT", "bytes=1", 1);
  const int planted_run = attnscope_faulty(run + file("new.jsonl")).exit_code;
  ::unsetenv("ATTNSCOPE_PLANT");
  ASSERT_EQ(planted_run, 0);
  EXPECT_EQ(attnscope("gate --policy exact " + file("base.jsonl") + " " + file("same.jsonl")).exit_code, 0);
  const Outcome outcome = attnscope("gate --policy exact " + file("base.jsonl") + " " + file("new.jsonl"));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.out.find("2 regressions"), std::string::npos) << outcome.out;
}

}  // namespace
}  // namespace attnscope::end_to_end
