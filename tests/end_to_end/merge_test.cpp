// Shards and their merge are the sweep (acceptance test 9); what does not belong together is refused.
#include <algorithm>
#include <sstream>

#include "reports/jsonl.h"
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

class MergeRuns : public ProgramTest {
 protected:
  // A run of one case that this machine did not measure.
  std::string foreign(const std::string& name, const std::string& key, const std::string& cpu, double time) const {
    reports::Environment environment{"env-" + cpu, {{"cpu", {{"model", cpu}}}}};
    reports::Record record;
    record.variant = "flash";
    record.case_key = key;
    record.env_id = environment.env_id;
    record.time_median_ns = time;
    return write(name, reports::to_json_line(environment) + "\n" + reports::to_json_line(record) + "\n");
  }
};

TEST_F(MergeRuns, ShardsAndMergeAreTheUnshardedRun) {
  // With holes: some cases are excluded, some unsupported.
  const std::string sweep =
      "run -V softmax,flash,linformer -a n=16,24,32 -a heads=1 -a mode=forward,training -a causal=0,1 "
      "--where 'n<=24'" +
      short_run;
  ASSERT_EQ(attnscope(sweep + "-o " + file("whole.jsonl")).exit_code, 0);
  std::string shards;
  for (const char* shard : {"1", "2", "3"}) {
    const std::string path = file(std::string("shard-") + shard + ".jsonl");
    ASSERT_EQ(attnscope(sweep + "--shard " + shard + "/3 -o " + path).exit_code, 0);
    EXPECT_LT(records(path).size(), 36u);
    shards += " " + path;
  }
  const Outcome merged = attnscope("merge" + shards + " -o " + file("merged.jsonl"));
  ASSERT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_EQ(merged.out, "");
  EXPECT_EQ(records(file("merged.jsonl")).size(), 36u);
  EXPECT_EQ(endings(file("merged.jsonl")), endings(file("whole.jsonl")));
  EXPECT_EQ(reports::load_jsonl(file("merged.jsonl")).run.environments.size(), 3u) << "one of each shard";

  const std::string before = read(file("merged.jsonl"));
  const Outcome again = attnscope("merge" + shards + " -o " + file("merged.jsonl"));
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_NE(again.err.find("--force"), std::string::npos) << again.err;
  EXPECT_EQ(read(file("merged.jsonl")), before);
  EXPECT_EQ(attnscope("merge --force " + file("merged.jsonl") + shards + " -o " + file("merged.jsonl")).exit_code, 0);
  EXPECT_EQ(endings(file("merged.jsonl")), endings(file("whole.jsonl"))) << "identical records count once";
  EXPECT_EQ(attnscope("merge" + shards + " -o -").out, before);
}

TEST_F(MergeRuns, RefusesWhatDoesNotBelongTogether) {
  const std::string a = foreign("a.jsonl", "k1", "X", 10), b = foreign("b.jsonl", "k1", "X", 20);
  const Outcome conflict = attnscope("merge " + a + " " + b + " -o " + file("m.jsonl"));
  EXPECT_EQ(conflict.exit_code, 2);
  for (const char* part : {"k1", "a.jsonl", "b.jsonl", "--prefer"})
    EXPECT_NE(conflict.err.find(part), std::string::npos) << conflict.err;
  EXPECT_FALSE(std::filesystem::exists(file("m.jsonl")));
  EXPECT_EQ(attnscope("merge " + a + " " + b + " --prefer first -o " + file("m.jsonl")).exit_code, 0);
  EXPECT_EQ(*records(file("m.jsonl")).at(0).time_median_ns, 10);
  EXPECT_EQ(attnscope("merge " + a + " " + b + " --prefer frist -o -").exit_code, 2);

  const std::string c = foreign("c.jsonl", "k2", "Y", 20);
  const Outcome mixed = attnscope("merge " + a + " " + c + " -o " + file("mixed.jsonl"));
  EXPECT_EQ(mixed.exit_code, 5);
  EXPECT_NE(mixed.err.find("cpu.model"), std::string::npos) << mixed.err;
  EXPECT_EQ(attnscope("merge --allow-mixed " + a + " " + c + " -o " + file("mixed.jsonl")).exit_code, 0);
  EXPECT_EQ(records(file("mixed.jsonl")).size(), 2u);
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::ranges::sort(lines);
  return lines;
}

TEST_F(MergeRuns, AMergeOfOneRunIsThatRun) {
  const std::string sample = ATTNSCOPE_DATA_DIRECTORY "/samples/two-core-epyc.jsonl";
  EXPECT_TRUE(sorted_lines(attnscope("merge " + sample + " -o -").out) == sorted_lines(read(sample)))
      << "no field is lost, no digit changed; references stand last";
}

TEST_F(MergeRuns, SkipsAndNamesWhatItCannotRead) {
  const std::string a = foreign("a.jsonl", "k1", "X", 10);
  const std::string b = write("b.jsonl", read(foreign("whole.jsonl", "k2", "X", 20)) + "{\"type\":\"case\",\"sch");
  const Outcome outcome = attnscope("merge " + a + " " + b + " -o " + file("m.jsonl"));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.err.find("b.jsonl:3"), std::string::npos) << outcome.err;
  EXPECT_EQ(records(file("m.jsonl")).size(), 2u);
  EXPECT_EQ(attnscope("merge " + a + " " + file("missing.jsonl") + " -o -").exit_code, 2);
  EXPECT_EQ(attnscope("merge " + a).exit_code, 2) << "-o is required";
}

}  // namespace
}  // namespace attnscope::end_to_end
