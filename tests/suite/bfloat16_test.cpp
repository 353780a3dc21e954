// bfloat16 on the cpu: every op against the reference in float64 on the same, rounded operands, with each instruction
// set.
#include "suite/tensor/bfloat16.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "suite/attention/session.h"
#include "suite/attention/variants.h"
#include "suite/backends/backends.h"
#include "suite/backends/cpu/instruction_set.h"
#include "suite/ops/index_rows.h"
#include "tests/suite/op_cases.h"

namespace attnscope::op_testing {
namespace {

using attention::Mode;
using attention::Problem;
using attention::Session;
using tensor::BFloat16;
using tensor::DType;
using tensor::HostArray;

TEST(BFloat16, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(BFloat16(1.0f).bits, 0x3f80);
  EXPECT_EQ(static_cast<float>(BFloat16(1.0f + 1.0f / 256)), 1.0f);              // a tie, downwards to even
  EXPECT_EQ(static_cast<float>(BFloat16(1.0f + 3.0f / 256)), 1.0f + 1 / 64.0f);  // a tie, upwards to even
  EXPECT_EQ(static_cast<float>(BFloat16(1.0f + 1.01f / 256)), 1.0f + 1 / 128.0f);
  EXPECT_EQ(static_cast<float>(BFloat16(-0.0f)), 0.0f);
  EXPECT_TRUE(std::signbit(static_cast<float>(BFloat16(-0.0f))));
}

TEST(BFloat16, KeepsWhatIsNotFinite) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(static_cast<float>(BFloat16(infinity)), infinity);
  EXPECT_EQ(static_cast<float>(BFloat16(std::numeric_limits<float>::max())), infinity);
  EXPECT_TRUE(std::isnan(static_cast<float>(BFloat16(std::nanf("")))));
  EXPECT_TRUE(std::isnan(static_cast<float>(BFloat16(std::bit_cast<float>(0x7f800001u)))));
}

constexpr Problem training{.mode = Mode::training, .batch = 1, .heads = 1, .seq_len = 1, .head_dim = 1};

// Largest difference in units of the largest expected value, at least 1; NaN when there is one.
double relative_difference(const HostArray& actual, const HostArray& expected) {
  EXPECT_EQ(actual.shape, expected.shape);
  double scale = 1, most = 0;
  for (const double value : expected.values) scale = std::max(scale, std::abs(value));
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    const double error = std::abs(actual.values[i] - expected.values[i]);
    if (!(error <= most)) most = error;
  }
  return most / scale;
}

class Bfloat16Ops : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { backends::cpu::use_instruction_set(GetParam()); }
  void TearDown() override { backends::cpu::use_instruction_set(""); }
};

TEST_P(Bfloat16Ops, EqualTheReferenceOnTheSameOperands) {
  constexpr double tolerance = 1.5e-2;  // probabilities and results have 8 bits
  for (const OpCase& op_case : op_cases()) {
    SCOPED_TRACE(op_case.name);
    const auto variant = variant_of(op_case);
    const auto cpu = backends::make_cpu(2, DType::bf16);
    Session actual(*variant, training, *cpu);
    backends::cpu::use_instruction_set(GetParam());  // a new backend takes the one of the environment
    actual.run();
    std::map<std::string, HostArray> operands;
    for (const ops::ArgumentSpec& spec : actual.arguments()) operands[spec.name] = actual.argument(spec.name);
    const auto reference = backends::make_reference();
    Session expected(*variant, training, *reference, {.given = operands});
    expected.run();
    EXPECT_LE(relative_difference(actual.output(), expected.output()), tolerance);
    for (const ops::ArgumentSpec& spec : expected.arguments()) {
      if (spec.role != ops::Role::input) continue;
      EXPECT_LE(relative_difference(actual.gradient(spec.name), expected.gradient(spec.name)), tolerance) << spec.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Forced, Bfloat16Ops, testing::ValuesIn(backends::cpu::instruction_sets()),
                         [](const testing::TestParamInfo<std::string>& info) { return info.param; });

TEST(Bfloat16, FlashAgreesWithTheReferenceAtOddExtents) {
  const auto flash = attention::make_flash();
  for (const bool causal : {false, true}) {
    for (const std::int64_t head_dim : {1, 7, 19, 64}) {
      const Problem problem{
          .mode = Mode::training, .causal = causal, .batch = 2, .heads = 2, .seq_len = 133, .head_dim = head_dim};
      const auto cpu = backends::make_cpu(2, DType::bf16);
      Session actual(*flash, problem, *cpu);
      actual.run();
      std::map<std::string, HostArray> operands;
      for (const ops::ArgumentSpec& spec : actual.arguments()) operands[spec.name] = actual.argument(spec.name);
      const auto reference = backends::make_reference();
      Session expected(*flash, problem, *reference, {.given = operands});
      expected.run();
      EXPECT_LE(relative_difference(actual.output(), expected.output()), 1.5e-2) << head_dim;
      for (const char* name : {"q", "k", "v"}) {
        EXPECT_LE(relative_difference(actual.gradient(name), expected.gradient(name)), 1.5e-2) << name << head_dim;
      }
    }
  }
}

TEST(Bfloat16, TakesThePredictedMemory) {
  const auto cpu = backends::make_cpu(2, DType::bf16);
  for (const OpCase& op_case : op_cases()) {
    SCOPED_TRACE(op_case.name);
    const auto variant = variant_of(op_case);
    Session session(*variant, training, *cpu);
    session.run();
    EXPECT_EQ(session.memory().peak_bytes, attention::predict(*variant, training, *cpu).memory.peak_bytes);
  }
}

TEST(Bfloat16, HalvesTheMemoryOfArguments) {
  const auto flash = attention::make_flash();
  const Problem problem{.mode = Mode::training, .batch = 1, .heads = 2, .seq_len = 300, .head_dim = 24};
  const auto cpu = backends::make_cpu(2, DType::bf16), float32 = backends::make_cpu(2);
  EXPECT_EQ(2 * attention::predict(*flash, problem, *cpu).memory.arguments_bytes,
            attention::predict(*flash, problem, *float32).memory.arguments_bytes);
}

TEST(Bfloat16, RefusesIndicesThatItRounds) {
  const auto cpu = backends::make_cpu(1, DType::bf16);
  const OpCase rounded{"rounded", [](ops::Context& ctx) {
                         return ops::gather_by_index(ctx, ctx.input("a", {1, 1, 300, 2}), ctx.input("i", {1, 1, 3}));
                       }};
  try {
    Session(*variant_of(rounded), training, *cpu).run();
    FAIL() << "accepted indices in bf16";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "gather_by_index: indices in bf16, whose whole numbers are not exact; expected f32");
  }
}

}  // namespace
}  // namespace attnscope::op_testing
