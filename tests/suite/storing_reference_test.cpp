// The reference that stores as another backend does: rounded results of float64 kernels.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "suite/attention/session.h"
#include "suite/backends/backends.h"
#include "suite/ops/elementwise.h"
#include "tests/suite/op_cases.h"

namespace attnscope::op_testing {
namespace {

using attention::Mode;
using attention::Problem;
using attention::Session;
using backends::StoredRounding;
using tensor::BFloat16;
using tensor::DType;
using tensor::HostArray;

constexpr Problem forward{.batch = 1, .heads = 1, .seq_len = 1, .head_dim = 1};
constexpr Problem training{.mode = Mode::training, .batch = 1, .heads = 1, .seq_len = 1, .head_dim = 1};

double rounded(double value) { return BFloat16(static_cast<float>(value)); }

// a + offset of bfloat16 numbers, stored.
std::vector<double> sums(const std::vector<double>& a, double offset, StoredRounding how, std::uint64_t seed = 0) {
  const auto count = static_cast<std::int64_t>(a.size());
  const OpCase op{"affine", [&](ops::Context& ctx) { return ops::affine(ctx, ctx.input("a", {count}), 1, offset); }};
  const auto cpu = backends::make_cpu(1, DType::bf16);
  const auto backend = backends::make_reference_storing_as(*cpu, how, seed);
  const auto variant = variant_of(op);
  Session session(*variant, forward, *backend, {.given = {{"a", HostArray{{count}, a}}}});
  session.run();
  return session.output().values;
}

TEST(StoringReference, HasTheTypesOfTheOther) {
  const auto cpu = backends::make_cpu(1, DType::bf16), float32 = backends::make_cpu(1);
  EXPECT_EQ(backends::make_reference_storing_as(*cpu, StoredRounding::to_nearest)->dtype(), DType::bf16);
  EXPECT_EQ(backends::make_reference_storing_as(*float32, StoredRounding::to_nearest)->dtype(), DType::f32);
}

TEST(StoringReference, RoundsToTheNearest) {
  constexpr double step = 1.0 / 128;
  EXPECT_EQ(sums({1, 2, 0}, step / 4, StoredRounding::to_nearest), (std::vector<double>{1, 2, step / 4}));
  EXPECT_EQ(sums({1, -2}, 0.75 * step, StoredRounding::to_nearest), (std::vector<double>{1 + step, -2 + step}));
}

TEST(StoringReference, RoundsByChanceToEitherNeighbourAndToTheValueOnAverage) {
  constexpr double step = 1.0 / 128;
  for (const double sign : {1.0, -1.0}) {
    for (const double share : {0.25, 0.75}) {
      const std::vector<double> results =
          sums(std::vector<double>(4096, sign), sign * share * step, StoredRounding::by_chance, 7);
      double mean = 0;
      for (const double result : results) {
        EXPECT_TRUE(result == sign || result == sign * (1 + step)) << result;
        mean += result / 4096;
      }
      EXPECT_NEAR(mean, sign * (1 + share * step), 0.05 * step);
    }
  }
}

TEST(StoringReference, ChanceIsTheSeedsAndLeavesExactNumbersAlone) {
  const std::vector<double> ones(256, 1);
  const auto of_seed = [&](std::uint64_t seed) { return sums(ones, 1.0 / 300, StoredRounding::by_chance, seed); };
  EXPECT_EQ(of_seed(1), of_seed(1));
  EXPECT_NE(of_seed(1), of_seed(2));
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> exact{0, 1, -1.5, 0x1p-130, infinity, -infinity};
  EXPECT_EQ(sums(exact, 0, StoredRounding::by_chance, 3), exact);
}

TEST(StoringReference, RunsEveryOpAndStoresWhatTheOtherCan) {
  for (const OpCase& op_case : op_cases()) {
    SCOPED_TRACE(op_case.name);
    const auto variant = variant_of(op_case);
    const auto cpu = backends::make_cpu(1, DType::bf16);
    Session fast(*variant, training, *cpu);
    fast.run();
    std::map<std::string, HostArray> operands;
    for (const ops::ArgumentSpec& spec : fast.arguments()) operands[spec.name] = fast.argument(spec.name);
    const auto reference = backends::make_reference();
    Session exact(*variant, training, *reference, {.given = operands});
    exact.run();
    for (const StoredRounding how : {StoredRounding::to_nearest, StoredRounding::by_chance}) {
      const auto backend = backends::make_reference_storing_as(*cpu, how, 5);
      Session stored(*variant, training, *backend, {.given = operands});
      stored.run();
      const auto expect_near = [&](const HostArray& actual, const HostArray& expected, const HostArray& of_fast) {
        ASSERT_EQ(actual.shape, expected.shape);
        double scale = 1;
        for (const double value : expected.values) scale = std::max(scale, std::abs(value));
        // What the fast backend keeps in bfloat16 the reference does too.
        const auto is_stored = [](double value) { return rounded(value) == value; };
        const bool in_bfloat16 = std::ranges::all_of(of_fast.values, is_stored);
        for (std::size_t i = 0; i < expected.values.size(); ++i) {
          EXPECT_NEAR(actual.values[i], expected.values[i], 1.5e-2 * scale);
          EXPECT_TRUE(!in_bfloat16 || is_stored(actual.values[i])) << actual.values[i];
        }
      };
      expect_near(stored.output(), exact.output(), fast.output());
      for (const ops::ArgumentSpec& spec : exact.arguments()) {
        if (spec.role != ops::Role::input) continue;
        expect_near(stored.gradient(spec.name), exact.gradient(spec.name), fast.gradient(spec.name));
      }
    }
  }
}

}  // namespace
}  // namespace attnscope::op_testing
