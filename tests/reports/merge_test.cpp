#include "reports/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/environment_class.h"
#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::small_record;

using Prefer = MergeOptions::Prefer;

Record record(const std::string& key, double time, const std::string& started_at = "2026-01-01T00:00:00Z",
              Status status = Status::ok) {
  Record result = small_record("flash", 64);
  result.case_key = key;
  result.env_id = "e1";
  result.started_at = started_at;
  result.status = status;
  if (has_measurement(status)) result.time_median_ns = time;
  return result;
}

Run run(const std::string& path, std::vector<Record> records, const std::string& env_id = "e1",
        nlohmann::json values = {{"git_commit", "c"}}) {
  for (Record& one : records) one.env_id = env_id;
  return {path, {{env_id, std::move(values)}}, std::move(records), {}};
}

std::vector<double> times(const Merged& merged) {
  std::vector<double> all;
  for (const Record& one : merged.run.records) all.push_back(one.time_median_ns.value_or(-1));
  return all;
}

Merged merged(std::vector<reports::Run> runs, MergeOptions options = {}) { return merge(runs, options); }

TEST(Merge, JoinsDisjointRunsInTheirOrder) {
  reports::Run a = run("a", {record("k1", 1), record("k2", 2)});
  reports::Run b = run("b", {record("k3", 3)}, "e2");
  a.references.push_back({"r", "s", 0, 5, 4, 6, {}, {}});
  b.references = a.references;
  b.references.push_back({"r", "s", 1, 5, 4, 6, {}, {}});
  const Merged result = merged({a, b});
  EXPECT_THAT(times(result), ElementsAre(1, 2, 3));
  EXPECT_EQ(result.run.environments.size(), 2u);
  EXPECT_EQ(result.run.references.size(), 2u) << "the same reference once";
  EXPECT_EQ(result.repeated, 0u);
}

TEST(Merge, AnIdenticalRecordCountsOnce) {
  Record again = record("k1", 1, "2026-02-02T00:00:00Z");
  again.run_id = "another";
  again.order_index = 7;
  const Merged result = merged({run("a", {record("k1", 1)}), run("b", {again})});
  EXPECT_THAT(times(result), ElementsAre(1));
  EXPECT_EQ(result.repeated, 1u);
  EXPECT_EQ(result.run.environments.size(), 1u);
}

TEST(Merge, ContradictionsNameKeyAndFiles) {
  const std::vector<reports::Run> runs{run("a.jsonl", {record("k1", 1), record("k2", 2)}),
                                       run("b.jsonl", {record("k2", 2.5)})};
  EXPECT_THAT(message_of<MergeConflict>([&] { merge(runs, {}); }),
              AllOf(HasSubstr("k2"), HasSubstr("a.jsonl"), HasSubstr("b.jsonl"), HasSubstr("--prefer"),
                    ::testing::Not(HasSubstr("k1"))));
  Record unsupported = record("k1", 0, "", Status::unsupported);
  EXPECT_THROW(merged({run("a", {record("k1", 1)}), run("b", {unsupported})}), MergeConflict)
      << "a case cannot be both measured and unsupported";
}

TEST(Merge, PreferenceSettlesContradictions) {
  const Record old = record("k", 1, "2026-01-01T00:00:00Z"), young = record("k", 2, "2026-01-02T00:00:00Z");
  EXPECT_THAT(times(merged({run("a", {young}), run("b", {old})}, {.prefer = Prefer::newest})), ElementsAre(2));
  EXPECT_THAT(times(merged({run("a", {old}), run("b", {young})}, {.prefer = Prefer::newest})), ElementsAre(2));
  EXPECT_THAT(times(merged({run("a", {old}), run("b", {young})}, {.prefer = Prefer::first})), ElementsAre(1));
  EXPECT_THAT(times(merged({run("a", {young}), run("b", {old})}, {.prefer = Prefer::first})), ElementsAre(2));
}

TEST(Merge, AResultReplacesAHole) {
  const Record interrupted = record("k", 0, "", Status::interrupted), excluded = record("k", 0, "", Status::excluded);
  for (const Record& hole : {interrupted, excluded}) {
    EXPECT_THAT(times(merged({run("a", {hole}), run("b", {record("k", 3)})})), ElementsAre(3));
    EXPECT_THAT(times(merged({run("a", {record("k", 3)}), run("b", {hole})})), ElementsAre(3));
  }
  const Merged both = merged({run("a", {excluded}), run("b", {interrupted})});
  EXPECT_EQ(both.run.records.at(0).status, Status::interrupted) << "it was meant to run";
}

TEST(Merge, MixedEnvironmentsAreRefused) {
  const nlohmann::json one = {{"cpu", {{"model", "X"}}}, {"host", "h1"}, {"load", {1, 2}}};
  nlohmann::json other_host = one, other_cpu = one;
  other_host["host"] = "h2";
  other_cpu["cpu"]["model"] = "Y";
  const reports::Run a = run("a.jsonl", {record("k1", 1)}, "e1", one);
  EXPECT_EQ(merged({a, run("b", {record("k2", 2)}, "e2", other_host)}).run.records.size(), 2u)
      << "machines of one kind may have any name";
  const std::vector<reports::Run> mixed{a, run("b.jsonl", {record("k2", 2)}, "e2", other_cpu)};
  EXPECT_THAT(message_of<MixedRuns>([&] { merge(mixed, {}); }),
              AllOf(HasSubstr("a.jsonl"), HasSubstr("b.jsonl"), HasSubstr("cpu.model"), HasSubstr("X and Y"),
                    HasSubstr("--allow-mixed")));
  EXPECT_EQ(merge(mixed, {.prefer = Prefer::none, .allow_mixed = true}).run.records.size(), 2u);
  const reports::Run unused = run("b", {record("k1", 1)}, "e2", other_cpu);
  EXPECT_EQ(merged({a, unused}).run.records.size(), 1u) << "nothing of the other machine is kept";
}

TEST(Merge, MixedSchemasAreRefused) {
  Record newer = record("k2", 2);
  newer.schema_version = "2.0.0";
  const std::vector<reports::Run> mixed{run("a", {record("k1", 1)}), run("b", {newer})};
  EXPECT_THAT(message_of<MixedRuns>([&] { merge(mixed, {}); }), HasSubstr("2.0.0"));
  Record minor = record("k2", 2);
  minor.schema_version = "1.0.0";
  EXPECT_EQ(merged({run("a", {record("k1", 1)}), run("b", {minor})}).run.records.size(), 2u);
}

TEST(EnvironmentClass, NamesEveryDifference) {
  const Environment a{"1", {{"cpu", {{"model", "X"}, {"smt", true}}}, {"git_commit", "c"}, {"date", "d1"}}};
  const Environment b{"2", {{"cpu", {{"model", "X"}, {"smt", false}}}, {"date", "d2"}}};
  const auto differences = class_differences(a, b);
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(differences[0].field, "cpu.smt");
  EXPECT_EQ(differences[0].one, "true");
  EXPECT_EQ(differences[1].field, "git_commit");
  EXPECT_EQ(differences[1].other, "not recorded");
  EXPECT_TRUE(class_differences(a, a).empty());
}

}  // namespace
}  // namespace attnscope::reports
