#include "reports/html.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/html_table.h"
#include "reports/run_analysis.h"
#include "tests/reports/support.h"
#include "tests/reports/well_formed.h"

namespace attnscope::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Record measured(std::string variant, std::int64_t n, double time_ns, std::int64_t memory) {
  Record record = testing::small_record(std::move(variant), n);
  record.mode = "training";
  record.scope = "core";
  record.causal = 0;
  record.time_median_ns = time_ns;
  record.time_ci_lo_ns = 0.99 * time_ns;
  record.time_ci_hi_ns = 1.01 * time_ns;
  record.peak_memory_bytes = memory;
  record.flops_model = static_cast<std::int64_t>(time_ns);
  return record;
}

// An exact variant that grows as n², one that grows as n and overtakes it at 1024, and a hole.
std::vector<Record> small_run() {
  std::vector<Record> records;
  for (const std::int64_t n : {256, 512, 1024, 2048, 4096}) {
    records.push_back(measured("softmax", n, static_cast<double>(n * n), n * n));
    records.back().family = "exact";
    records.push_back(measured("linformer", n, static_cast<double>(1000 * n), 64 * n));
  }
  records.push_back(testing::small_record("softmax", 8192));
  records.back() = measured("softmax", 8192, 1, 1);
  records.back().time_median_ns.reset();
  records.back().peak_memory_bytes.reset();
  records.back().family = "exact";
  records.back().status = Status::oom;
  records.back().status_reason = "needs <4 GiB> & more";
  return records;
}

TEST(RunAnalysis, GroupsByEverythingButVariantAndMask) {
  std::vector<Record> records = small_run();
  records.push_back(measured("softmax", 256, 7, 7));
  records.back().mode = "forward";
  records.push_back(measured("softmax", 256, 9, 9));
  records.back().causal = 1;
  const auto settings = analyze_settings(records);
  ASSERT_EQ(settings.size(), 2u);
  EXPECT_EQ(settings[0].title, "training, core");
  ASSERT_EQ(settings[0].series.size(), 3u);
  EXPECT_EQ(settings[0].series[0].label, "softmax");
  EXPECT_EQ(settings[0].series[2].label, "softmax causal");
  ASSERT_EQ(settings[0].crossovers.size(), 1u) << "masks are not compared with one another";
  const CrossoverAnalysis& crossover = settings[0].crossovers[0];
  EXPECT_EQ(settings[0].series[crossover.series].label, "linformer");
  ASSERT_EQ(crossover.time.crossings.size(), 1u);
  EXPECT_NEAR(crossover.time.crossings[0].n, 962.37, 0.01);
}

TEST(RunAnalysis, NamesHyperParametersThatDiffer) {
  std::vector<Record> records{measured("longformer", 256, 1, 1), measured("longformer", 256, 2, 1)};
  records[0].params = "window=64;dilation=1";
  records[1].params = "window=128;dilation=1";
  const auto settings = analyze_settings(records);
  ASSERT_EQ(settings.at(0).series.size(), 2u);
  EXPECT_EQ(settings[0].series[0].label, "longformer window=64");
  EXPECT_EQ(settings[0].series[1].label, "longformer window=128");
}

TEST(RunAnalysis, TakesTheParetoFrontWhereMostAreMeasured) {
  const auto records = small_run();
  const auto settings = analyze_settings(records);
  EXPECT_EQ(settings.at(0).pareto_n, 4096);
  ASSERT_EQ(settings[0].pareto.front.size(), 1u);
  EXPECT_EQ(settings[0].pareto_labels[settings[0].pareto.front[0]], "linformer");
}

TEST(Html, IsOneWellFormedPage) {
  reports::Run run;
  run.path = "some/<odd> & name.jsonl";
  run.environments.push_back({"abc", {{"cpu", {{"model", "A \"CPU\""}}}, {"smt", false}}});
  run.records = small_run();
  ModelCard card;
  card.name = "softmax";
  card.complexity = "O(N²)";
  const std::string page = to_html(run, run.records, std::vector<ModelCard>{card});
  const auto tree = testing::parse_markup(page);
  EXPECT_THAT(page, ::testing::StartsWith("<!DOCTYPE html>"));
  EXPECT_EQ(testing::count_elements(tree, "svg"), 2u);
  EXPECT_EQ(testing::count_elements(tree, "h1"), 1u);
  EXPECT_EQ(testing::count_elements(tree, "script"), 0u);
  EXPECT_THAT(page, Not(HasSubstr("src="))) << "nothing is loaded";
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr("<odd>")));
  EXPECT_THAT(page, HasSubstr("&lt;odd&gt; &amp; name.jsonl"));
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">cpu.model</th><td>A &quot;CPU&quot;</td>"));
  EXPECT_THAT(page, HasSubstr("needs &lt;4 GiB&gt; &amp; more"));
}

TEST(Html, SetsMeasuredExponentsBesideTheClaims) {
  reports::Run run;
  run.records = small_run();
  ModelCard card;
  card.name = "softmax";
  card.complexity = "O(N²)";
  const std::string page = to_html(run, run.records, std::vector<ModelCard>{card});
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">softmax</th><td>O(N²)</td><td class=\"number\">2.00"));
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">linformer</th><td>no card</td><td class=\"number\">1.00"));
  EXPECT_THAT(page, HasSubstr("Where each variant is cheaper than softmax"));
  EXPECT_THAT(page, HasSubstr("at every measured length (256–4k)")) << "memory";
}

TEST(Html, OfNoRecordsIsStillAPage) {
  const std::string page = to_html({}, {}, {});
  testing::parse_markup(page);
  EXPECT_THAT(page, HasSubstr("0 cases"));
}

TEST(HtmlTables, EscapeTheirCells) {
  HtmlTable table("a & b", {{"x"}, {"y", true}});
  EXPECT_TRUE(table.empty());
  table.add({"<1>", "2"});
  EXPECT_THAT(table.text(), HasSubstr("<caption>a &amp; b</caption>"));
  EXPECT_THAT(table.text(), HasSubstr("<tr><th scope=\"row\">&lt;1&gt;</th><td class=\"number\">2</td></tr>"));
}

}  // namespace
}  // namespace attnscope::reports
