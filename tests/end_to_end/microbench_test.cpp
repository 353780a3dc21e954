// attnscope-microbench: every op runs in both passes, and what it reports is what the cost model says.
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

Outcome microbench(const std::string& arguments) { return shell("'" ATTNSCOPE_MICROBENCH_PROGRAM "' " + arguments); }

std::map<std::string, nlohmann::json> benchmarks(const std::string& arguments) {
  const Outcome outcome = microbench(
      "--benchmark_format=json --benchmark_min_time=0.0001 --lengths 96 --head_dim 16 --heads 2 " + arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  std::map<std::string, nlohmann::json> found;
  const nlohmann::json document = nlohmann::json::parse(outcome.out);
  for (const auto& entry : document.at("benchmarks")) {
    EXPECT_FALSE(entry.value("error_occurred", false)) << entry.at("name") << ": " << entry["error_message"];
    found[entry.at("name")] = entry;
  }
  return found;
}

TEST(Microbench, RunsEveryOpForwardAndTraining) {
  const auto found = benchmarks("--no-ceilings");
  EXPECT_GT(found.size(), 60u);
  std::set<std::string> ops;
  for (const auto& [name, entry] : found) {
    ops.insert(name.substr(0, name.find("/n:")));
    EXPECT_GT(entry.at("real_time").get<double>(), 0) << name;
    EXPECT_GT(entry.at("bytes/s").get<double>(), 0) << name;
    EXPECT_FALSE(entry.contains("share")) << name;
  }
  for (const char* op : {"attention/full", "attention/causal", "linear_attention/causal", "matmul/scores_256",
                         "softmax/256", "layer_norm", "sort_by_group", "gather_by_index"}) {
    EXPECT_TRUE(ops.contains(op)) << op;
  }
}

TEST(Microbench, RatesAreTheCostModelOverTheTime) {
  const auto found = benchmarks("--no-ceilings '--benchmark_filter=^attention/full/.*forward'");
  ASSERT_EQ(found.size(), 1u);
  const nlohmann::json& entry = found.begin()->second;
  const double seconds = entry.at("real_time").get<double>() * 1e-6;
  // Two products of 2·96·96·16 operations, two heads; one exponential per pair, and a few per row.
  EXPECT_NEAR(entry.at("FLOP/s").get<double>() * seconds, 2 * 2 * (2.0 * 96 * 96 * 16), 1);
  EXPECT_NEAR(entry.at("exp/s").get<double>() * seconds, 2 * 96 * 96, 2 * 96 * 8);
}

TEST(Microbench, SaysWhichShareOfTheCeilingsIsReached) {
  const auto found = benchmarks("'--benchmark_filter=^(attention/full|add)/.*forward'");
  ASSERT_EQ(found.size(), 2u);
  for (const auto& [name, entry] : found) EXPECT_GT(entry.at("share").get<double>(), 0) << name;
}

TEST(Microbench, RefusesWhatTheDeviceCannotDo) {
  const Outcome outcome = microbench("--dtype f16");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("f16"), std::string::npos) << outcome.err;
  EXPECT_EQ(microbench("--no-ceilings --benchmark_filter=no_such_op").exit_code, 6);
}

}  // namespace
}  // namespace attnscope::end_to_end
