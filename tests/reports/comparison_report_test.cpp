#include "reports/comparison_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "tests/reports/timed_records.h"

namespace attnscope::reports {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::timed_record;

Run run_on(const nlohmann::json& values, std::vector<Record> records) {
  Run run;
  run.environments.push_back({"env", values});
  run.environments.push_back({"unused", {{"compiler", "of a case that is not here"}}});
  run.records = std::move(records);
  return run;
}

TEST(EnvironmentDifferences, NameWhatDiffersMachineFirst) {
  const auto record = timed_record("a", {1});
  const reports::Run a =
      run_on({{"cpu", {{"model", "old"}, {"cores", 4}}}, {"compiler", "GNU 12"}, {"date", "x"}}, {record});
  const reports::Run b =
      run_on({{"cpu", {{"model", "new"}, {"cores", 4}}}, {"compiler", "GNU 13"}, {"date", "y"}}, {record});
  const auto differences = environment_differences(std::vector{&a, &b});
  ASSERT_EQ(differences.size(), 2u) << "dates always differ";
  EXPECT_EQ(differences[0].name, "CPU model");
  EXPECT_TRUE(differences[0].machine_class);
  EXPECT_EQ(differences[0].values, (std::vector<std::string>{"old", "new"}));
  EXPECT_EQ(differences[1].name, "compiler");
  EXPECT_FALSE(differences[1].machine_class);
  EXPECT_TRUE(environment_differences(std::vector{&a, &a}).empty());
  reports::Run silent;
  silent.records.push_back(record);
  EXPECT_EQ(environment_differences(std::vector<const reports::Run*>{&a, &silent}).front().values.back(), "-");
}

TEST(ReferenceNotes, TellWhenTheMachineWasNotTheSame) {
  reports::Run a, b;
  const std::vector<std::string> names{"old", "new"};
  const auto notes = [&] { return reference_notes(names, std::vector<const reports::Run*>{&a, &b}); };
  EXPECT_TRUE(notes().empty()) << "no references";
  a.references = {
      {.run_id = "", .started_at = "", .order_index = 5, .time_median_ns = 300, .clock_mean_hz = {}, .load_mean = {}},
      {.run_id = "", .started_at = "", .order_index = 0, .time_median_ns = 100, .clock_mean_hz = {}, .load_mean = {}}};
  b.references = {a.references[1]};
  EXPECT_TRUE(notes().empty()) << "the first of each counts";
  b.references[0].time_median_ns = 130;
  ASSERT_EQ(notes().size(), 1u);
  EXPECT_THAT(notes()[0], HasSubstr("took +30 % in new against old"));
}

// Two other runs; the second lacks a case.
struct Sample {
  std::vector<Record> a, b, c;
  ComparisonReport report;

  Sample() {
    for (const char* name : {"flash", "softmax"}) {
      for (const auto& [records, factor] : {std::pair{&a, 1.0}, {&b, 2.0}, {&c, 0.5}}) {
        std::vector<Record> processes;
        for (const double centre : {100.0, 100.1, 99.9}) processes.push_back(timed_record(name, {factor * centre}));
        records->push_back(pool_processes(processes));
      }
    }
    c.pop_back();
    report = {{"A", "B", "C"}, {{"kernel", {"1", "1", "2"}, false}}, {compare(a, b, {}), compare(a, c, {})}, {}};
  }
};

std::string text_of(const ComparisonReport& report, TableStyle style) {
  std::ostringstream out;
  write_comparison(out, report, style);
  return out.str();
}

TEST(ComparisonReport, IsATableWithDifferencesFirst) {
  EXPECT_EQ(
      text_of(Sample().report, TableStyle::terminal),
      "The environments differ:\n"
      "\n"
      "fact    A  B  C\n"
      "kernel  1  1  2\n"
      "\n"
      "time_median_ns, against A; same: within ±1 %\n"
      "\n"
      "variant              A       B  ratio  95 % interval  verdict         C  ratio  95 % interval  verdict\n"
      "flash           100 ns  200 ns  2.000  1.995 … 2.005  slower      50 ns  0.500  0.499 … 0.501  faster\n"
      "softmax         100 ns  200 ns  2.000  1.995 … 2.005  slower          -      -  -              gone\n"
      "geometric mean                  2.000  1.998 … 2.002  of 2 cases         0.500  0.499 … 0.501  of 1 case\n");
}

TEST(ComparisonReport, SaysWhenProcessesDoNotCount) {
  const std::vector<Record> a{timed_record("a", {1, 1.1, 1, 1.1, 1, 1.1})};
  const ComparisonReport report{{"A", "B"}, {}, {compare(a, a, {})}, {}};
  EXPECT_THAT(text_of(report, TableStyle::terminal), HasSubstr("run --rounds"));
  EXPECT_EQ(to_json(report).at("notes").size(), 1u);
  EXPECT_THAT(text_of(Sample().report, TableStyle::terminal), Not(HasSubstr("run --rounds")));
}

TEST(ComparisonReport, HasAllInJson) {
  const auto json = to_json(Sample().report);
  EXPECT_EQ(json.at("environment_differences").at(0).at("fact"), "kernel");
  const auto& comparison = json.at("comparisons").at(0);
  EXPECT_EQ(comparison.at("other"), "B");
  EXPECT_NEAR(comparison.at("geometric_mean").at("ratio").get<double>(), 2, 1e-12);
  const auto& c = comparison.at("cases").at(0);
  EXPECT_EQ(c.at("verdict"), "slower");
  EXPECT_EQ(c.at("basis"), "processes");
  EXPECT_EQ(c.at("units"), (nlohmann::json{3, 3}));
  EXPECT_EQ(json.at("comparisons").at(1).at("cases").at(1).at("verdict"), "gone");
  EXPECT_TRUE(json.at("comparisons").at(1).at("cases").at(1).at("ratio").is_null());
}

TEST(ComparisonReport, ShowsTheSmallestChange) {
  EXPECT_EQ(ratio_text(1.0), "1");
  EXPECT_EQ(ratio_text(1 + 1.0 / 1048576), "1 + 1e-06");
  EXPECT_EQ(ratio_text(0.9999), "1 − 0.0001");
  EXPECT_EQ(ratio_text(1.05), "1.050");
  EXPECT_EQ(ratio_text(std::nullopt), "-");
  EXPECT_EQ(interval_text(Interval{2, 2}), "exact");
}

}  // namespace
}  // namespace attnscope::reports
