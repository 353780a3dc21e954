// `compare`: runs from files, and executables measured in turns.
#include <nlohmann/json.hpp>

#include "tests/end_to_end/program.h"
#include "tests/end_to_end/run_file.h"

namespace attnscope::end_to_end {
namespace {

using reports::Record;

class Compare : public ProgramTest {
 protected:
  // A shell script that runs the faulty program with something planted in `steady`.
  std::string planted(const std::string& plant) const {
    const std::string path =
        write("planted", "#!/bin/sh\nATTNSCOPE_PLANT=" + plant + " exec '" ATTNSCOPE_FAULTY_PROGRAM "' \"$@\"\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
};

TEST_F(Compare, TellsWhatChanged) {
  write_run(file("a.jsonl"), {record_at("slow", 100), record_at("same", 100), record_at("gone", 100)});
  write_run(file("b.jsonl"), {record_at("slow", 110, 2), record_at("same", 100, 2), record_at("new", 100)},
            "another CPU");
  const std::string files = file("a.jsonl") + " " + file("b.jsonl");
  const Outcome table = attnscope("compare " + files);
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_LT(table.out.find("another CPU"), table.out.find("slower")) << "differences of the machines first\n"
                                                                     << table.out;
  for (const char* word : {"slower", "same", "gone", "new", "geometric mean"}) {
    EXPECT_NE(table.out.find(word), std::string::npos) << word << "\n" << table.out;
  }
  const auto json = nlohmann::json::parse(attnscope("compare " + files + " --format json --filter variant:slow").out);
  ASSERT_EQ(json.at("comparisons").at(0).at("cases").size(), 1u);
  EXPECT_NEAR(json.at("comparisons").at(0).at("cases").at(0).at("ratio").get<double>(), 1.1, 0.01);
  EXPECT_NE(attnscope("compare " + files + " --format md").out.find("|---:"), std::string::npos);
  EXPECT_EQ(attnscope("compare " + files + " " + file("a.jsonl")).exit_code, 0) << "three runs";
}

TEST_F(Compare, SaysWhatIsWrong) {
  write_run(file("a.jsonl"), {record_at("x", 100)});
  const std::string a = file("a.jsonl");
  const auto expect = [](const std::string& arguments, int code, const std::string& hint) {
    const Outcome outcome = attnscope("compare " + arguments);
    EXPECT_EQ(outcome.exit_code, code) << arguments << "\n" << outcome.err;
    EXPECT_NE(outcome.err.find(hint), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  };
  expect(a, 2, "two or more");
  expect(a + " " + file("none.jsonl"), 2, "cannot be opened");
  expect(a + " " + a + " --metric time_medain_ns", 2, "'time_median_ns'");
  expect(a + " " + a + " --format tabel", 2, "'table'");
  expect(a + " " + a + " --confidence 1.5", 2, "--confidence");
  expect(a + " " + a + " --min-effect some", 2, "--min-effect");
  expect(a + " " + a + " --filter variant:y", 6, "variant:y");
  expect(a + " " + a + " -o x", 2, "--live");
  expect("--live /bin/true /bin/true -V flash", 2, "does not answer as an attnscope");
  expect("--live /no/such /bin/true -V flash", 2, "/no/such");
}

TEST_F(Compare, LiveMeasuresInTurnsAndKeepsBothRuns) {
  const std::string exe = ATTNSCOPE_PROGRAM;
  const Outcome outcome = attnscope("compare --live " + exe + " " + exe +
                                    " -V flash -a n=16,32 -a heads=1 --rounds 3 --min-time 1ms --max-time 5ms "
                                    "--format json -o " +
                                    file("live"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  const auto& cases = json.at("comparisons").at(0).at("cases");
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases.at(0).at("basis"), "pairs");
  EXPECT_EQ(cases.at(0).at("units"), (nlohmann::json{3, 3}));
  EXPECT_TRUE(json.at("environment_differences").empty()) << "one program, one machine";
  for (const char* name : {"live-a.jsonl", "live-b.jsonl"}) {
    const auto all = records(file(name));
    ASSERT_EQ(all.size(), 2u) << name;
    EXPECT_EQ(all[0].samples_per_process.size(), 3u);
    EXPECT_EQ(all[0].processes, 3);
  }
  EXPECT_EQ(attnscope("compare " + file("live-a.jsonl") + " " + file("live-b.jsonl")).exit_code, 0);
}

TEST_F(Compare, LiveSeesAPlantedSlowDown) {
  const Outcome outcome = attnscope_faulty("compare --live " ATTNSCOPE_FAULTY_PROGRAM " " + planted("slow=19") +
                                           " -V steady -a n=64 -a heads=1 --rounds 4 --min-time 1ms --max-time 20ms "
                                           "--min-effect 100% --format json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto c = nlohmann::json::parse(outcome.out).at("comparisons").at(0).at("cases").at(0);
  EXPECT_EQ(c.at("verdict"), "slower") << c.dump(2);
}

TEST_F(Compare, LiveEndsAtTheFirstLookThatIsClear) {
  const std::string compare = "compare --live " ATTNSCOPE_FAULTY_PROGRAM " " + planted("slow=19") +
                              " -V steady -a n=64 -a heads=1 -a threads=1 --min-time 1ms --max-time 5ms --format json ";
  const Outcome outcome = attnscope_faulty(compare + "--min-effect 100% --max-rounds 40");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("looks"), 3) << "10, 20, 40";
  const auto c = json.at("comparisons").at(0).at("cases").at(0);
  EXPECT_EQ(c.at("verdict"), "slower") << c.dump(2);
  EXPECT_EQ(c.at("units"), (nlohmann::json{10, 10})) << "20 times is clear at once";
  for (const char* rounds : {"--rounds 1", "--rounds some", "--max-rounds 1"}) {
    const Outcome refused = attnscope_faulty(compare + rounds);
    EXPECT_EQ(refused.exit_code, 2) << rounds;
    EXPECT_NE(refused.err.find("at least 2"), std::string::npos) << refused.err;
  }
}

TEST_F(Compare, LiveTellsOfAProgramThatFails) {
  const Outcome outcome = attnscope_faulty("compare --live " ATTNSCOPE_FAULTY_PROGRAM " " ATTNSCOPE_PROGRAM
                                           " -V steady -a n=16 -a heads=1 --rounds 2 --max-time 5ms --format json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto c = nlohmann::json::parse(outcome.out).at("comparisons").at(0).at("cases").at(0);
  EXPECT_EQ(c.at("verdict"), "status") << "the second program has no such variant";
  EXPECT_NE(c.at("reason").get<std::string>().find("crashed"), std::string::npos) << c.at("reason");
}

}  // namespace
}  // namespace attnscope::end_to_end
