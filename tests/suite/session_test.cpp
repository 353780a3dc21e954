#include "suite/attention/session.h"

#include <gtest/gtest.h>

#include "suite/attention/registry.h"
#include "suite/backends/backends.h"

namespace attnscope::attention {
namespace {

using tensor::HostArray;

constexpr Problem small{.batch = 1, .heads = 2, .seq_len = 6, .head_dim = 4};

std::string error_of(const Problem& problem, SessionOptions options, const std::string& name = "softmax") {
  const auto variant = make_variant(name);
  const auto reference = backends::make_reference();
  try {
    Session(*variant, problem, *reference, std::move(options)).run();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

TEST(Session, GeneratesTheSameValuesOnEveryBackend) {
  const auto variant = make_variant("performer");
  const auto reference = backends::make_reference();
  const auto cpu = backends::make_cpu(1);
  Session expected(*variant, small, *reference, {.seed = 3});
  Session actual(*variant, small, *cpu, {.seed = 3});
  Session other_seed(*variant, small, *reference, {.seed = 4});
  for (const std::string name : {"q", "k", "v", "projection"}) {
    const HostArray x = expected.argument(name);
    const HostArray y = actual.argument(name);
    for (std::size_t i = 0; i < x.values.size(); ++i) {
      ASSERT_EQ(static_cast<float>(x.values[i]), static_cast<float>(y.values[i])) << name;
    }
    EXPECT_NE(x.values, other_seed.argument(name).values) << name;
  }
  EXPECT_NE(expected.argument("q").values, expected.argument("k").values) << "each argument has values of its own";
}

TEST(Session, GivenArraysAreUsed) {
  const auto variant = make_variant("softmax");
  const auto reference = backends::make_reference();
  HostArray v{{1, 2, 6, 4}, std::vector<double>(48, 2.5)};
  Session session(*variant, small, *reference, {.given = {{"v", v}}});
  session.run();
  for (const double value : session.output().values) EXPECT_NEAR(value, 2.5, 1e-12);
}

TEST(Session, NamesArraysThatDoNotFit) {
  EXPECT_EQ(error_of(small, {.given = {{"q", {{1, 2, 6, 5}, std::vector<double>(60)}}}}),
            "array 'q' has shape [1, 2, 6, 5], expected [1, 2, 6, 4]");
  EXPECT_EQ(error_of(small, {.given = {{"query", {{1}, {0}}}}}),
            "array 'query' is not an argument of this problem; it takes q, k, v");
}

TEST(Session, SaysWhyAProblemIsUnsupported) {
  Problem causal = small;
  causal.causal = true;
  EXPECT_EQ(error_of(causal, {}, "linformer"),
            "linformer cannot run scope=core mode=forward causal=1 batch=1 heads=2 n=6 head_dim=4: causal: Linformer "
            "mixes positions before the softmax, no mask can undo it");
  Problem empty = small;
  empty.seq_len = 0;
  EXPECT_EQ(error_of(empty, {}),
            "batch, heads, n and head_dim must be at least 1, got scope=core mode=forward causal=0 batch=1 heads=2 n=0 "
            "head_dim=4");
}

TEST(Session, StopsAtItsMemoryLimit) {
  Problem large = small;
  large.seq_len = 1024;
  const auto variant = make_variant("softmax");
  const auto cpu = backends::make_cpu(1);
  const Prediction predicted = predict(*variant, large, *cpu);
  const std::int64_t needed = predicted.memory.peak_bytes + predicted.memory.arguments_bytes;
  Session enough(*variant, large, *cpu, {.memory_limit_bytes = needed});
  EXPECT_NO_THROW(enough.run());
  EXPECT_THROW(Session(*variant, large, *cpu, {.memory_limit_bytes = needed - 64}), tensor::OutOfMemory)
      << "one block short is refused before anything is allocated";
}

TEST(Session, PredictsLengthsThatNoMachineHolds) {
  const auto variant = make_variant("softmax");
  const auto cpu = backends::make_cpu(2);
  const Prediction predicted = predict(*variant, {.batch = 1, .heads = 8, .seq_len = 1 << 20, .head_dim = 64}, *cpu);
  EXPECT_GE(predicted.memory.peak_bytes, std::int64_t{4} * 8 << 40);
  EXPECT_EQ(predicted.cost.flops(), std::int64_t{4} * 8 * 64 << 40);
}

TEST(DenseFlops, FollowTheFlashAttentionConvention) {
  const Problem core{.batch = 2, .heads = 8, .seq_len = 1024, .head_dim = 64};
  EXPECT_EQ(dense_flops(core), std::int64_t{4} * 2 * 8 * 1024 * 1024 * 64);
  Problem causal = core;
  causal.causal = true;
  EXPECT_EQ(dense_flops(causal), std::int64_t{2} * 2 * 8 * 1024 * 1025 * 64);
  Problem training = core;
  training.mode = Mode::training;
  EXPECT_EQ(2 * dense_flops(training), 7 * dense_flops(core));
  Problem layer = core;
  layer.scope = Scope::layer;
  EXPECT_EQ(dense_flops(layer) - dense_flops(core), std::int64_t{8} * 2 * 1024 * 512 * 512);
}

TEST(Session, ModelFlopsAreThePublishedClosedForms) {
  const auto cpu = backends::make_cpu(1);
  const Problem p{.batch = 2, .heads = 4, .seq_len = 300, .head_dim = 32};
  const std::int64_t bh = 2 * 4, n = 300, d = 32;
  const auto flops = [&](const std::string& name, Mode mode, bool causal = false) {
    Problem problem = p;
    problem.mode = mode;
    problem.causal = causal;
    return predict(*make_variant(name), problem, *cpu).cost.flops();
  };
  EXPECT_EQ(flops("softmax", Mode::forward), 4 * bh * n * n * d);
  EXPECT_EQ(flops("softmax", Mode::training), 12 * bh * n * n * d);
  EXPECT_EQ(flops("flash", Mode::forward), 4 * bh * n * n * d);
  EXPECT_EQ(flops("flash", Mode::forward, true), 2 * bh * n * (n + 1) * d);
  EXPECT_EQ(flops("flash", Mode::training), 14 * bh * n * n * d) << "backward is 2.5 times forward";
  const std::int64_t w = 256;
  EXPECT_EQ(flops("longformer", Mode::forward), 4 * bh * d * (n * (2 * w + 1) - w * (w + 1)));
  EXPECT_EQ(flops("linformer", Mode::forward), 8 * bh * n * 256 * d);
  EXPECT_EQ(flops("linear_transformer", Mode::forward), 4 * bh * n * d * d + 4 * bh * n * d);
  const std::int64_t m = 256;  // features, states, normaliser, and ‖x‖² of queries and keys
  EXPECT_EQ(flops("performer", Mode::forward), 8 * bh * n * m * d + 4 * bh * n * m + 4 * bh * n * d);
}

}  // namespace
}  // namespace attnscope::attention
