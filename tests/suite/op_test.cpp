// Every op: fast kernels against the reference in float64, gradients against finite differences, costs against a scalar
// that counts, predicted against measured memory.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

#include "suite/attention/session.h"
#include "suite/backends/backends.h"
#include "suite/ops/matmul.h"
#include "tests/suite/op_cases.h"
#include "tests/suite/op_results.h"

namespace attnscope::op_testing {
namespace {

using attention::Mode;
using attention::Problem;
using attention::Session;
using tensor::HostArray;

constexpr Problem training{.mode = Mode::training, .batch = 1, .heads = 1, .seq_len = 1, .head_dim = 1};

class OpTest : public testing::TestWithParam<std::size_t> {
 protected:
  const OpCase& op_case() const { return op_cases()[GetParam()]; }
};

// Without gradients some ops write their result elsewhere: it is the same.
TEST_P(OpTest, ForwardAloneEqualsReference) {
  const auto variant = variant_of(op_case());
  Problem forward = training;
  forward.mode = Mode::forward;
  const auto reference = backends::make_reference(), cpu = backends::make_cpu(2);
  Session with_gradients(*variant, training, *reference), expected(*variant, forward, *reference),
      actual(*variant, forward, *cpu);
  for (Session* session : {&with_gradients, &expected, &actual}) session->run();
  const double scale = std::max(1.0, largest(with_gradients.output()));
  EXPECT_LE(difference(expected.output(), with_gradients.output()), 1e-12 * scale);
  EXPECT_LE(difference(actual.output(), with_gradients.output()), 2e-6 * scale);
}

TEST_P(OpTest, CpuEqualsReference) {
  const auto variant = variant_of(op_case());
  const auto reference = backends::make_reference();
  Session expected(*variant, training, *reference);
  expected.run();
  for (const int threads : {1, 2}) {
    const auto cpu = backends::make_cpu(threads);
    Session actual(*variant, training, *cpu);
    actual.run();
    EXPECT_LE(difference(actual.output(), expected.output()), 2e-6 * std::max(1.0, largest(expected.output())));
    for (const std::string& name : inputs_of(expected)) {
      const HostArray gradient = expected.gradient(name);
      EXPECT_LE(difference(actual.gradient(name), gradient), 1e-5 * std::max(1.0, largest(gradient))) << name;
    }
  }
}

class SmoothOpTest : public OpTest {};

TEST_P(SmoothOpTest, GradientsAreFiniteDifferences) {
  const auto variant = variant_of(op_case());
  const auto reference = backends::make_reference();
  Session session(*variant, training, *reference);
  session.run();
  const HostArray upstream = session.argument("d_out");
  for (const std::string& name : inputs_of(session)) {
    const HostArray gradient = session.gradient(name);
    const HostArray values = session.argument(name);
    // A few elements, spread over the array: each costs two runs.
    const std::size_t stride = std::max<std::size_t>(1, values.values.size() / 7);
    for (std::size_t i = 0; i < values.values.size(); i += stride) {
      constexpr double h = 1e-5;
      const auto output_at = [&](double change) {
        HostArray moved = values;
        moved.values[i] += change;
        Session shifted(*variant, training, *reference, {.given = {{name, moved}}});
        shifted.run();
        return shifted.output();
      };
      const HostArray above = output_at(h), below = output_at(-h);
      double slope = 0;
      for (std::size_t j = 0; j < above.values.size(); ++j) {
        slope += (above.values[j] - below.values[j]) * upstream.values[j];
      }
      slope /= 2 * h;
      EXPECT_NEAR(gradient.values[i], slope, 1e-6 * std::max(1.0, largest(gradient))) << name << " element " << i;
    }
  }
}

double inner_product(const HostArray& x, const HostArray& y) {
  EXPECT_EQ(x.shape, y.shape);
  return std::inner_product(x.values.begin(), x.values.end(), y.values.begin(), 0.0);
}

class LinearOpTest : public OpTest {};

// ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ with the upstream gradient as y.
TEST_P(LinearOpTest, GradientIsTheAdjoint) {
  const auto variant = variant_of(op_case());
  const auto reference = backends::make_reference();
  Session session(*variant, training, *reference);
  session.run();
  const double forward = inner_product(session.output(), session.argument("d_out"));
  double backward = 0;
  for (const std::string& name : inputs_of(session)) {
    backward += inner_product(session.argument(name), session.gradient(name));
  }
  EXPECT_NEAR(forward, backward, 1e-10 * std::max(1.0, std::abs(forward)));
}

TEST_P(OpTest, CostIsWhatACountingScalarCounts) {
  const auto variant = variant_of(op_case());
  const auto counting = backends::make_counting();
  for (const Mode mode : {Mode::forward, Mode::training}) {
    Problem problem = training;
    problem.mode = mode;
    Session session(*variant, problem, *counting);
    backends::reset_counted_operations();
    session.run();
    const backends::CountedOperations counted = backends::counted_operations();
    const ops::Cost cost = session.cost().total();
    EXPECT_EQ(cost.multiply_adds, counted.multiply_adds) << attention::to_string(mode);
    EXPECT_EQ(cost.other, counted.other) << attention::to_string(mode);
    EXPECT_EQ(cost.exponentials, counted.exponentials) << attention::to_string(mode);
  }
}

TEST_P(OpTest, PredictedMemoryIsMeasuredMemory) {
  const auto variant = variant_of(op_case());
  const auto cpu = backends::make_cpu(2);
  Session session(*variant, training, *cpu);
  const attention::Prediction predicted = attention::predict(*variant, training, *cpu);
  for (int run = 0; run < 2; ++run) {
    session.run();
    EXPECT_EQ(session.memory().peak_bytes, predicted.memory.peak_bytes);
    EXPECT_EQ(session.memory().arguments_bytes, predicted.memory.arguments_bytes);
    EXPECT_EQ(session.memory().allocations, predicted.memory.allocations);
    EXPECT_EQ(session.cost().total(), predicted.cost);
  }
}

const auto name_of_case = [](const testing::TestParamInfo<std::size_t>& info) { return op_cases()[info.param].name; };

std::vector<std::size_t> cases_that_are(bool OpCase::*property) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < op_cases().size(); ++i) {
    if (op_cases()[i].*property) indices.push_back(i);
  }
  return indices;
}

INSTANTIATE_TEST_SUITE_P(Ops, OpTest, testing::Range<std::size_t>(0, op_cases().size()), name_of_case);
INSTANTIATE_TEST_SUITE_P(Ops, SmoothOpTest, testing::ValuesIn(cases_that_are(&OpCase::smooth)), name_of_case);
INSTANTIATE_TEST_SUITE_P(Ops, LinearOpTest, testing::ValuesIn(cases_that_are(&OpCase::linear)), name_of_case);

TEST(Matmul, NamesShapesThatDoNotFit) {
  const OpCase wrong{"wrong", [](ops::Context& ctx) {
                       return ops::matmul(ctx, ctx.input("a", {2, 3}), ctx.input("b", {4, 5}));
                     }};
  const auto reference = backends::make_reference();
  try {
    Session(*variant_of(wrong), training, *reference).run();
    FAIL() << "no error";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "matmul: [2, 3] and [4, 5] do not fit");
  }
}

}  // namespace
}  // namespace attnscope::op_testing
