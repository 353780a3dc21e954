// What other tools read: github-action-benchmark, Bencher and programs that take samples in long form.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "reports/bencher.h"
#include "reports/github_action_benchmark.h"
#include "reports/samples_csv.h"
#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::HasSubstr;
using testing::small_record;

Record measured(const std::string& variant) {
  Record record = small_record(variant, 256);
  record.case_key = "variant=" + variant + ";n=256;input=text:a b/c";
  record.time_median_ns = 1500.5;
  record.time_ci_lo_ns = 1400;
  record.time_ci_hi_ns = 1650;
  record.peak_memory_bytes = 1 << 20;
  record.samples = 7;
  return record;
}

Record failed(const std::string& variant) {
  Record record = measured(variant);
  record.status = Status::wrong;
  return record;
}

std::vector<const Column*> columns_named(std::initializer_list<const char*> names) {
  std::vector<const Column*> found;
  for (const char* name : names) found.push_back(find_column(name));
  return found;
}

TEST(GithubActionBenchmark, OneEntryPerCaseAndColumn) {
  const std::vector<Record> records{measured("flash"), failed("softmax")};
  const auto entries = to_github_action_benchmark(records, columns_named({"time_median_ns", "peak_memory_bytes"}));
  ASSERT_EQ(entries.size(), 2u) << "a wrong variant has no figure";
  EXPECT_EQ(entries[0]["name"], "variant=flash/n=256/input=text:a_b_c time_median_ns");
  EXPECT_EQ(entries[0]["unit"], "ns");
  EXPECT_EQ(entries[0]["value"], 1500.5);
  EXPECT_EQ(entries[0]["range"], "± 125");
  EXPECT_THAT(entries[0]["extra"].get<std::string>(), HasSubstr("samples: 7"));
  EXPECT_EQ(entries[1]["unit"], "bytes");
  EXPECT_EQ(entries[1]["value"].dump(), "1048576") << "a whole number";
  EXPECT_FALSE(entries[1].contains("range")) << "no interval is known";
}

TEST(Bencher, OneBenchmarkPerCase) {
  const std::vector<Record> records{measured("flash"), failed("softmax")};
  const auto benchmarks = to_bencher(records, columns_named({"time_median_ns", "peak_memory_bytes", "flop_per_s"}));
  const auto expected = nlohmann::json::parse(R"({"variant=flash/n=256/input=text:a_b_c": {
      "latency": {"value": 1500.5, "lower_value": 1400, "upper_value": 1650},
      "peak-memory-bytes": {"value": 1048576}}})");
  EXPECT_EQ(benchmarks, expected);
}

TEST(SamplesCsv, ARowPerSample) {
  Record record = measured("flash");
  record.case_key = "variant=flash;input=text:a,b";
  record.samples_ns = {10, 11.5, 12, 9, 8};
  record.samples_per_process = {2, 0, 3};
  Record single = measured("softmax");
  single.case_key = "variant=softmax";
  single.samples_ns = {7};
  std::ostringstream text;
  write_samples_csv(text, std::vector<Record>{record, single, failed("axial")});
  EXPECT_EQ(text.str(),
            "case_key,process,index,ns\n"
            "\"variant=flash;input=text:a,b\",0,0,10\n"
            "\"variant=flash;input=text:a,b\",0,1,11.5\n"
            "\"variant=flash;input=text:a,b\",2,2,12\n"
            "\"variant=flash;input=text:a,b\",2,3,9\n"
            "\"variant=flash;input=text:a,b\",2,4,8\n"
            "variant=softmax,0,0,7\n");
}

}  // namespace
}  // namespace attnscope::reports
