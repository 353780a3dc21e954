// The shape that compare.py of Google Benchmark relies on: it groups entries by name, takes those of one name for
// repetitions, and reads real_time, cpu_time and time_unit of every entry.
#include "reports/google_benchmark_json.h"

#include <gtest/gtest.h>

#include "reports/statistics.h"
#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using testing::small_record;

Record measured(const std::string& variant, std::vector<double> samples) {
  Record record = small_record(variant, 256);
  record.case_key = "variant=" + variant + ";n=256";
  const Summary summary = summarize(samples);
  record.time_median_ns = summary.median;
  record.time_mean_ns = summary.mean;
  record.time_stdev_ns = summary.stdev;
  record.samples = static_cast<std::int64_t>(samples.size());
  record.samples_ns = std::move(samples);
  record.flops_model = 1000;
  record.threads = 2;
  return record;
}

std::vector<Record> mixed() {
  Record crashed = small_record("axial", 256);
  crashed.case_key = "variant=axial;n=256";
  crashed.status = Status::crashed;
  crashed.status_reason = "signal 11";
  return {measured("flash", {10, 12, 14}), crashed, measured("softmax", {20, 22, 24, 26})};
}

TEST(GoogleBenchmarkJson, OneEntryPerMeasuredCase) {
  const auto document = to_google_benchmark(nullptr, mixed());
  ASSERT_EQ(document["benchmarks"].size(), 2u);
  const auto& entry = document["benchmarks"][0];
  EXPECT_EQ(entry["name"], "variant=flash/n=256");
  EXPECT_EQ(entry["run_type"], "iteration");
  EXPECT_EQ(entry["real_time"], 12);
  EXPECT_EQ(entry["cpu_time"], 12);
  EXPECT_EQ(entry["time_unit"], "ns");
  EXPECT_EQ(entry["threads"], 2);
  EXPECT_EQ(entry["flops_model"], 1000) << "figures are counters";
  EXPECT_FALSE(entry.contains("time_mean_ns"));
  EXPECT_EQ(document["context"]["not_measured"],
            nlohmann::json::parse(R"([{"name": "variant=axial/n=256", "status": "crashed: signal 11"}])"));
  EXPECT_EQ(document["context"]["json_schema_version"], 1);
}

TEST(GoogleBenchmarkJson, EveryEntryHasTheTimesThatReadersAskFor) {
  for (const auto repetitions : {Repetitions::summary, Repetitions::samples}) {
    const auto document = to_google_benchmark(nullptr, mixed(), repetitions);
    for (const auto& entry : document["benchmarks"]) {
      for (const char* field : {"name", "run_type", "real_time", "cpu_time", "time_unit", "family_index"})
        EXPECT_TRUE(entry.contains(field)) << entry.dump() << field;
    }
  }
}

TEST(GoogleBenchmarkJson, SamplesAreRepetitions) {
  const auto document = to_google_benchmark(nullptr, mixed(), Repetitions::samples);
  std::vector<double> times;
  std::vector<int> indices;
  std::map<std::string, double> aggregates;
  for (const auto& entry : document["benchmarks"]) {
    if (entry["run_name"] != "variant=softmax/n=256") continue;
    EXPECT_EQ(entry["repetitions"], 4);
    EXPECT_EQ(entry["family_index"], 2);
    if (entry["run_type"] == "aggregate") {
      const std::string kind = entry["aggregate_name"];
      EXPECT_EQ(entry["name"], "variant=softmax/n=256_" + kind);
      aggregates[kind] = entry["real_time"];
    } else {
      EXPECT_EQ(entry["name"], "variant=softmax/n=256") << "repetitions share their name";
      times.push_back(entry["real_time"]);
      indices.push_back(entry["repetition_index"]);
    }
  }
  EXPECT_EQ(times, (std::vector<double>{20, 22, 24, 26}));
  EXPECT_EQ(indices, (std::vector<int>{0, 1, 2, 3}));
  ASSERT_EQ(aggregates.size(), 4u);
  EXPECT_EQ(aggregates["median"], 23);
  EXPECT_EQ(aggregates["mean"], 23);
  EXPECT_DOUBLE_EQ(aggregates["cv"], aggregates["stddev"] / 23);
}

TEST(GoogleBenchmarkJson, TheMachineIsTheContext) {
  Environment environment;
  environment.values = nlohmann::json::parse(R"({"host": "h", "date": "d", "build_type": "Debug",
      "cpu": {"logical": 8, "max_hz": 3000000000, "governor": "powersave",
              "caches": [{"level": 2, "type": "Unified", "bytes": 1024}]}})");
  const auto context = to_google_benchmark(&environment, mixed())["context"];
  EXPECT_EQ(context["host_name"], "h");
  EXPECT_EQ(context["num_cpus"], 8);
  EXPECT_EQ(context["mhz_per_cpu"], 3000);
  EXPECT_EQ(context["cpu_scaling_enabled"], true);
  EXPECT_EQ(context["library_build_type"], "debug");
  EXPECT_EQ(context["caches"][0]["size"], 1024);
}

}  // namespace
}  // namespace attnscope::reports
