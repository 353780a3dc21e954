// The advice that people get, and the page that they open.
#include <nlohmann/json.hpp>

#include "suite/attention/registry.h"
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

class Advise : public ProgramTest {
 protected:
  std::string small_run() const {
    const std::string path = file("small.jsonl");
    const Outcome outcome =
        attnscope("run -V softmax,flash,linformer -a n=64,256 -a heads=2 -a head_dim=16 -o " + path + short_run);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return path;
  }
};

TEST_F(Advise, RanksEveryVariantOrSaysWhyNot) {
  const std::string run = small_run();
  const Outcome outcome = attnscope("advise --seq-len 256 --heads 2 --head-dim 16 --memory 2GiB --json --runs " + run);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto advice = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(advice["ranked"].size() + advice["excluded"].size(), attention::variant_names().size());
  const auto measured = records(run);
  std::size_t found = 0;
  double before = 0;
  for (const auto& row : advice["ranked"]) {
    EXPECT_GT(row["memory_bytes"], 0);
    if (row["time_source"] != "measured") continue;
    ++found;
    EXPECT_GE(row["time_ns"].get<double>(), before) << "fastest first";
    before = row["time_ns"];
    const auto record =
        std::ranges::find_if(measured, [&](const auto& r) { return r.variant == row["variant"] && r.seq_q == 256; });
    ASSERT_NE(record, measured.end());
    EXPECT_EQ(row["time_ns"], *record->time_median_ns);
    EXPECT_EQ(row["memory_source"], "measured");
    EXPECT_GT(row["memory_bytes"], *record->peak_memory_bytes) << "inputs are added";
  }
  EXPECT_EQ(found, 3u);
  EXPECT_TRUE(advice["answer"].get<std::string>().starts_with("Use ")) << advice["answer"];
}

TEST_F(Advise, SaysWhereEachTimeComesFrom) {
  const std::string run = small_run();
  const auto sources = [&](const std::string& length) {
    const auto advice = nlohmann::json::parse(
        attnscope("advise --seq-len " + length + " --heads 2 --head-dim 16 --json --runs " + run).out);
    std::map<std::string, std::string> by_variant;
    for (const auto& row : advice["ranked"]) by_variant[row["variant"]] = row["time_source"];
    return by_variant;
  };
  EXPECT_EQ(sources("128")["softmax"], "interpolated");
  EXPECT_EQ(sources("1k")["softmax"], "predicted");
  EXPECT_EQ(sources("256")["performer"], "lower bound");
}

TEST_F(Advise, ExcludesByMemoryAndMask) {
  const Outcome outcome = attnscope("advise --seq-len 16k --memory 2GiB --mode training --causal");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string excluded = outcome.out.substr(outcome.out.find("\nExcluded\n"));
  EXPECT_NE(excluded.find("softmax"), std::string::npos);
  EXPECT_NE(excluded.find("needs "), std::string::npos);
  EXPECT_NE(excluded.find("linformer"), std::string::npos);
  EXPECT_NE(excluded.find("causal"), std::string::npos);
  EXPECT_EQ(outcome.out.find("Use "), 0u) << "the answer comes first: " << outcome.out;
  EXPECT_NE(outcome.out.find("two-core-epyc.jsonl"), std::string::npos) << "whose times these are";
}

TEST_F(Advise, RefusesWhatIsNoPoint) {
  EXPECT_EQ(attnscope("advise").exit_code, 2);
  const Outcome list = attnscope("advise --seq-len 1k,2k");
  EXPECT_EQ(list.exit_code, 2);
  EXPECT_NE(list.err.find("--seq-len 1k,2k"), std::string::npos);
  EXPECT_EQ(attnscope("advise --seq-len 1k --mode trainig").exit_code, 2);
  EXPECT_EQ(attnscope("advise --seq-len 1k --runs " + file("none.jsonl")).exit_code, 2);
  const Outcome nothing = attnscope("advise --seq-len 1k --memory 1k");
  EXPECT_EQ(nothing.exit_code, 6);
  EXPECT_EQ(nothing.out.find("No variant fits."), 0u);
}

TEST_F(Advise, TheSampleAsAPage) {
  const Outcome outcome =
      attnscope("export '" ATTNSCOPE_DATA_DIRECTORY "/samples/two-core-epyc.jsonl' --format html -o " + file("p.html"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string page = read(file("p.html"));
  EXPECT_EQ(page.find("<!DOCTYPE html>"), 0u);
  for (const std::string& name : attention::variant_names()) EXPECT_NE(page.find(name), std::string::npos) << name;
  EXPECT_NE(page.find("O(N√N)"), std::string::npos) << "the survey's claims";
  EXPECT_NE(page.find("Where each variant is cheaper than flash"), std::string::npos);
  EXPECT_NE(page.find("Pareto front"), std::string::npos);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("src="), std::string::npos);
}

}  // namespace
}  // namespace attnscope::end_to_end
