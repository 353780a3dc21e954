// How cost grows with the length, against what the survey claims (Table 1 of arXiv 2009.06732v3), computed without a
// run: exponents fitted to multiply-adds and to peak memory between 4k and 64k positions.
#include <cmath>
#include <fmt/format.h>
#include <iostream>

#include "suite/attention/registry.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

// The exponent that the claim says for this variant's defaults, for compute and for memory, and why it differs from the
// claim's letter where it does.
struct Claim {
  double compute, memory;
  const char* reason = "";
  Options options{};  // where the defaults hide what the claim is about
};

const std::map<std::string, Claim>& claims() {
  static const std::map<std::string, Claim> table{
      {"softmax", {2, 2}},
      {"flash", {2, 1, "never keeps scores"}},
      {"longformer", {1, 1}},
      {"linformer", {1, 1}},
      {"performer", {1, 1}},
      {"linear_transformer", {1, 1}},
      {"memory_compressed", {2, 1, "N_c = N/κ; scores are not kept"}},
      {"image_transformer", {1, 1}},
      {"set_transformer", {1, 1}},
      {"sparse_transformer", {1.5, 1, "scores are not kept"}},
      {"axial", {1.5, 1, "scores are not kept"}},
      {"etc", {1, 1, "a fixed number of global positions"}},
      {"bigbird", {1, 1}},
      {"routing",
       {1.5,
        1,
        "all heads route, by default half are local; scores of centroids are not kept",
        {{"routing_heads", "2"}}}},
      {"reformer", {1, 1, "factorised hashing: less than N log N"}},
      {"sinkhorn",
       {2, 2, "the claim hides (N/b)²: blocks are mixed by an N/b × N/b matrix; shown by b = 1", {{"block", "1"}}}},
      {"synthesizer", {2, 2}},
      {"transformer_xl", {2, 1, "scores are not kept"}},
      {"compressive", {2, 1, "scores are not kept"}},
  };
  return table;
}

struct Growth {
  double compute, memory;
};

// Least-squares slope of log cost over log N at five lengths.
Growth growth_of(const VariantCase& c, Mode mode) {
  const auto variant = make_variant(c);
  const auto backend = make_backend("cpu_1_thread");
  double sx = 0, sxx = 0, sy[2] = {}, sxy[2] = {};
  constexpr int points = 5;
  for (int i = 0; i < points; ++i) {
    const Problem problem =
        variant->supported({.mode = mode, .batch = 1, .heads = 2, .seq_len = std::int64_t{4096} << i, .head_dim = 64});
    const attention::Prediction prediction = attention::predict(*variant, problem, *backend);
    const double x = i * std::log(2.0);
    const double y[2] = {std::log(static_cast<double>(prediction.cost.multiply_adds)),
                         std::log(static_cast<double>(prediction.memory.peak_bytes))};
    sx += x, sxx += x * x;
    for (int metric = 0; metric < 2; ++metric) sy[metric] += y[metric], sxy[metric] += x * y[metric];
  }
  const auto slope = [&](int metric) { return (points * sxy[metric] - sx * sy[metric]) / (points * sxx - sx * sx); };
  return {slope(0), slope(1)};
}

TEST(Complexity, grows_as_the_survey_claims) {
  std::cout << fmt::format("{:<20}{:<14}{:>10}{:>10}{:>10}{:>10}  {}\n", "variant", "claim", "forward", "training",
                           "memory", "training", "why it differs");
  for (const std::string& name : attention::variant_names()) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(claims().contains(name));
    const Claim& claim = claims().at(name);
    const Growth forward = growth_of({name, claim.options, {}}, Mode::forward),
                 training = growth_of({name, claim.options, {}}, Mode::training);
    std::cout << fmt::format("{:<20}{:<14}{:>10.2f}{:>10.2f}{:>10.2f}{:>10.2f}  {}\n", name,
                             attention::make_variant(name)->info().complexity, forward.compute, training.compute,
                             forward.memory, training.memory, claim.reason);
    // Constant terms and lower powers bend the line a little over this range.
    for (const Growth& growth : {forward, training}) {
      EXPECT_NEAR(growth.compute, claim.compute, 0.15);
      EXPECT_NEAR(growth.memory, claim.memory, 0.15);
    }
  }
}

}  // namespace
}  // namespace attnscope::variant_testing
