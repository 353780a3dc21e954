// Values and identities of ops that gradients by finite differences do not show: ties, −inf, errors, what is kept.
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <numbers>

#include "suite/ops/elementwise.h"
#include "suite/ops/index_rows.h"
#include "suite/ops/normalize.h"
#include "suite/ops/reduce.h"
#include "suite/ops/selection.h"
#include "suite/ops/slice.h"
#include "suite/ops/softmax.h"
#include "tests/suite/direct_ops.h"

namespace attnscope::op_testing {
namespace {

using ops::Context;
using ops::LogNormalize;
using tensor::Tensor;
using Values = std::vector<double>;
using UnaryOp = std::function<Tensor(Context&, const Tensor&)>;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::unique_ptr<ops::Backend>> both_backends() {
  std::vector<std::unique_ptr<ops::Backend>> list;
  list.push_back(backends::make_reference());
  list.push_back(backends::make_cpu(2));
  return list;
}

// The gradient of `op` at x, with this upstream gradient.
Values gradient_of(DirectOps& direct, const UnaryOp& op, const Tensor& x, const Values& upstream) {
  ops::Tape tape;
  tape.watch(x);
  direct.ctx.set_tape(&tape);
  const Tensor y = op(direct.ctx, x);
  direct.ctx.set_tape(nullptr);
  ops::Gradients seed;
  seed.add(direct.ctx, y.id(), direct.tensor(y.shape(), upstream));
  return direct.values(tape.backward(direct.ctx, std::move(seed)).take(x.id()));
}

TEST(Maximum, GivesTheGradientToTheFirstLargest) {
  for (auto& backend : both_backends()) {
    DirectOps direct(std::move(backend));
    const Tensor x = direct.tensor({3, 3}, {2, 2, 1, -inf, -inf, -inf, 0, 3, 3});
    const UnaryOp along_rows = [](Context& ctx, const Tensor& t) { return ops::maximum(ctx, t, -1); };
    EXPECT_EQ(direct.values(along_rows(direct.ctx, x)), (Values{2, -inf, 3}));
    EXPECT_EQ(gradient_of(direct, along_rows, x, {5, 6, 7}), (Values{5, 0, 0, 6, 0, 0, 0, 7, 0}));
  }
}

// A causal row sees the keys up to its own end: the last query sees the last key, and a row in front of the first key
// sees none and is zero, as it is where all its keys are padding.
TEST(Softmax, AlignsCausalRowsAtTheEndAndLeavesRowsWithoutKeysZero) {
  for (auto& backend : both_backends()) {
    DirectOps direct(std::move(backend));
    const auto causal = [&](const tensor::Shape& shape, const Tensor& mask) {
      const Tensor scores = direct.tensor(shape, Values(static_cast<std::size_t>(shape.elements()), 3.0));
      return direct.values(ops::softmax(direct.ctx, scores, {.causal = true, .key_mask = mask}));
    };
    EXPECT_EQ(causal({1, 1, 1, 4}, {}), (Values{0.25, 0.25, 0.25, 0.25}));
    EXPECT_EQ(causal({1, 1, 3, 4}, {}).at(0), 0.5);
    EXPECT_EQ(causal({1, 1, 3, 2}, {}), (Values{0, 0, 1, 0, 0.5, 0.5}));
    EXPECT_EQ(causal({1, 1, 3, 3}, direct.tensor({1, 3}, {0, 0, 1})), (Values{0, 0, 0, 0, 0, 0, 0, 0, 1}));
  }
}

TEST(Slice, ReachesBeyondBothEndsWithZeros) {
  for (auto& backend : both_backends()) {
    DirectOps direct(std::move(backend));
    const Tensor x = direct.tensor({2, 3}, {1, 2, 3, 4, 5, 6});
    EXPECT_EQ(direct.values(ops::slice(direct.ctx, x, 1, -2, 6)), (Values{0, 0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0}));
    EXPECT_EQ(direct.values(ops::slice(direct.ctx, x, -2, 1, 2)), (Values{4, 5, 6, 0, 0, 0}));
    EXPECT_EQ(direct.values(ops::slice(direct.ctx, x, 1, 5, 2)), (Values{0, 0, 0, 0}));
    EXPECT_EQ(ops::slice(direct.ctx, x, 1, 0, 3).id(), x.id());
  }
}

TEST(Activation, GeluIsItsTanhForm) {
  DirectOps direct;
  const Values points{-6, -1.3, -0.2, 0, 0.4, 2.5, 6};
  const Values gelu = direct.values(ops::activate(direct.ctx, direct.tensor({7}, points), ops::Activation::gelu));
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double x = points[i];
    EXPECT_NEAR(gelu[i], 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x))),
                1e-14);
  }
}

TEST(Activation, StaysFiniteFarFromZero) {
  for (auto& backend : both_backends()) {
    DirectOps direct(std::move(backend));
    const Tensor x = direct.tensor({2}, {-1000, 1000});
    const auto of = [&](ops::Activation kind) { return direct.values(ops::activate(direct.ctx, x, kind)); };
    EXPECT_EQ(of(ops::Activation::sigmoid), (Values{0, 1}));
    EXPECT_EQ(of(ops::Activation::silu)[1], 1000);
    EXPECT_NEAR(of(ops::Activation::silu)[0], 0, 1e-30);
    EXPECT_EQ(of(ops::Activation::gelu)[1], 1000);
    EXPECT_NEAR(of(ops::Activation::gelu)[0], 0, 1e-30);
  }
}

TEST(LogNormalize, MinusInfinityStaysAndStopsGradients) {
  // Row 0 and column 1 hold nothing; what arrives at −inf may be anything.
  const Values logits{-inf, -inf, -inf, 1, -inf, 0.5, -inf, -inf, 2};
  for (const LogNormalize along : {LogNormalize::rows, LogNormalize::columns, LogNormalize::columns_so_far}) {
    for (auto& backend : both_backends()) {
      DirectOps direct(std::move(backend));
      const Tensor x = direct.tensor({1, 1, 3, 3}, logits);
      const UnaryOp op = [along](Context& ctx, const Tensor& t) { return ops::log_normalize(ctx, t, along); };
      const Values y = direct.values(op(direct.ctx, x));
      Values upstream(9);
      for (std::size_t i = 0; i < 9; ++i) upstream[i] = std::isinf(logits[i]) ? nan : 1.0 + static_cast<double>(i);
      const Values gradient = gradient_of(direct, op, x, upstream);
      for (std::size_t i = 0; i < 9; ++i) {
        EXPECT_EQ(std::isinf(y[i]), std::isinf(logits[i])) << i;
        EXPECT_FALSE(std::isnan(y[i])) << i;
        if (std::isinf(logits[i])) {
          EXPECT_EQ(gradient[i], 0) << i;
        } else {
          EXPECT_TRUE(std::isfinite(gradient[i])) << i;
        }
      }
    }
  }
}

TEST(LogNormalize, SoFarIsTheColumnNormOfEveryPrefix) {
  for (auto& backend : both_backends()) {
    DirectOps direct(std::move(backend));
    const std::int64_t rows = 12, columns = 19;
    Values logits;
    for (int i = 0; i < rows * columns; ++i) logits.push_back(i % 11 == 3 ? -inf : 30 * std::sin(i * i));
    const Tensor x = direct.tensor({1, 1, rows, columns}, logits);
    const Values so_far = direct.values(ops::log_normalize(direct.ctx, x, LogNormalize::columns_so_far));
    for (std::int64_t u = 0; u < rows; ++u) {
      const Tensor prefix = ops::slice(direct.ctx, x, -2, 0, u + 1);
      const Values whole = direct.values(ops::log_normalize(direct.ctx, prefix, LogNormalize::columns));
      for (std::int64_t i = u * columns; i < (u + 1) * columns; ++i) {
        if (std::isinf(logits[i])) continue;
        EXPECT_NEAR(so_far[i], whole[i], 1e-5) << i;
      }
    }
  }
}

TEST(LogNormalize, IterationsConvergeToDoublyStochasticMatrices) {
  DirectOps direct;
  Values logits;
  for (int i = 0; i < 36; ++i) logits.push_back(std::sin(3 * i));
  Tensor x = direct.tensor({1, 1, 6, 6}, logits);
  for (int t = 0; t < 60; ++t) {
    x = ops::log_normalize(direct.ctx, x, LogNormalize::rows);
    x = ops::log_normalize(direct.ctx, x, LogNormalize::columns);
  }
  const Tensor matrix = ops::exponential(direct.ctx, x);
  for (const int axis : {-1, -2}) {
    for (const double total : direct.values(ops::sum(direct.ctx, matrix, axis))) EXPECT_NEAR(total, 1, 1e-12);
  }
}

TEST(Exponential, IsZeroAtMinusInfinityAndSoIsItsGradient) {
  for (auto& backend : both_backends()) {
    DirectOps direct(std::move(backend));
    const Tensor x = direct.tensor({3}, {-inf, 0, 1});
    EXPECT_EQ(direct.values(ops::exponential(direct.ctx, x))[0], 0);
    EXPECT_EQ(gradient_of(direct, ops::exponential, x, {3, 4, 5})[0], 0);
  }
}

TEST(ScatterMean, DividesByHowOftenARowIsNamed) {
  for (auto& backend : both_backends()) {
    DirectOps direct(std::move(backend));
    const Tensor x = direct.tensor({1, 1, 4, 1}, {1, 3, 5, 100});
    const Tensor index = direct.tensor({1, 1, 4}, {2, 2, 0, -1});
    EXPECT_EQ(direct.values(ops::scatter_mean_by_index(direct.ctx, x, index, 4, 0)), (Values{5, 0, 2, 0}));
    EXPECT_EQ(direct.values(ops::scatter_mean_by_index(direct.ctx, x, index, 4, 6))[2], 0.5);
  }
}

// Bytes that live on for the backward pass besides the result, when the operand is dropped.
struct Kept {
  const char* name;
  UnaryOp op;
  std::int64_t elements;  // of f64
};

TEST(Memory, TrainingKeepsWhatTheGradientNeeds) {
  constexpr std::int64_t n = 4 * 16;
  const auto activation = [](ops::Activation kind) {
    return [kind](Context& ctx, const Tensor& x) { return ops::activate(ctx, x, kind); };
  };
  const std::vector<Kept> list{
      {"affine", [](Context& ctx, const Tensor& x) { return ops::affine(ctx, x, 2, 1); }, 0},
      {"add", [](Context& ctx, const Tensor& x) { return ops::add(ctx, x, x); }, 0},
      {"multiply", [](Context& ctx, const Tensor& x) { return ops::multiply(ctx, x, x); }, n},
      {"relu", activation(ops::Activation::relu), 0},
      {"exponential", ops::exponential, 0},
      {"silu", activation(ops::Activation::silu), n},
      {"slice", [](Context& ctx, const Tensor& x) { return ops::slice(ctx, x, 1, 0, 2); }, 0},
      {"slice_where_it_lies", [](Context& ctx, const Tensor& x) { return ops::slice(ctx, x, 0, 1, 2); }, n / 2},
      {"sum", [](Context& ctx, const Tensor& x) { return ops::sum(ctx, x, 1); }, 0},
      {"maximum", [](Context& ctx, const Tensor& x) { return ops::maximum(ctx, x, 0); }, n / 4},
      {"cumulative_sum", [](Context& ctx, const Tensor& x) { return ops::cumulative_sum(ctx, x, 0); }, 0},
      {"log_normalize", [](Context& ctx, const Tensor& x) { return ops::log_normalize(ctx, x, LogNormalize::rows); },
       0},
      // The operand, and one or two numbers per row (in blocks of 64 bytes).
      {"rms_norm", [](Context& ctx, const Tensor& x) { return ops::rms_norm(ctx, x, 1, 0); }, n + 8},
      {"layer_norm", [](Context& ctx, const Tensor& x) { return ops::layer_norm(ctx, x, {}, {}, 0); }, n + 16},
  };
  for (const Kept& kept : list) {
    DirectOps direct;
    ops::Tape tape;
    direct.ctx.set_tape(&tape);
    Tensor x = direct.tensor({4, 16}, Values(n, 1.5));
    tape.watch(x);
    const Tensor y = kept.op(direct.ctx, x);
    x = {};
    EXPECT_EQ(direct.live_bytes() - std::max<std::int64_t>(64, y.bytes()), 8 * kept.elements) << kept.name;
  }
}

TEST(Errors, NameTheOpAndTheShapes) {
  DirectOps direct;
  Context& ctx = direct.ctx;
  const auto of = [&](tensor::Shape shape) { return ctx.empty(std::move(shape)); };
  const auto expect = [](const std::string& message, const std::function<void()>& action) {
    try {
      action();
      ADD_FAILURE() << "no error: " << message;
    } catch (const std::invalid_argument& error) {
      EXPECT_EQ(error.what(), message);
    }
  };
  expect("add: [2, 3] and [2, 2] do not fit; expected equal extents, or 1 in the second", [&] {
    ops::add(ctx, of({2, 3}), of({2, 2}));
  });
  expect("multiply: [1, 3] and [2, 3] do not fit; expected equal extents, or 1 in the second", [&] {
    ops::multiply(ctx, of({1, 3}), of({2, 3}));
  });
  expect("sum: [2, 3] has no axis 2", [&] { ops::sum(ctx, of({2, 3}), 2); });
  expect("part: [3] from element 4 on does not fit into [2, 3]", [&] { of({2, 3}).part(4, {3}); });
  expect("slice: [2, 3] has no axis -3", [&] { ops::slice(ctx, of({2, 3}), -3, 0, 1); });
  expect("slice: count 0 along axis 1 of [2, 3] is not at least 1", [&] { ops::slice(ctx, of({2, 3}), 1, 0, 0); });
  expect("concatenate: [2, 3] and [3, 3] differ elsewhere than along axis 1", [&] {
    const std::vector<Tensor> parts{of({2, 3}), of({3, 3})};
    ops::concatenate(ctx, parts, 1);
  });
  expect("repeat: axis 1 of [2, 3] has an extent other than 1", [&] { ops::repeat(ctx, of({2, 3}), 1, 4); });
  expect("layer_norm: x [2, 3] and gain [2] do not fit; expected [..., C] and [C]", [&] {
    ops::layer_norm(ctx, of({2, 3}), of({2}), {}, 0);
  });
  expect("log_normalize: [3] has no rows and columns", [&] { ops::log_normalize(ctx, of({3}), LogNormalize::rows); });
  expect("gather_by_index: x [2, 3, 5, 4] and index [2, 2, 6] do not fit; expected [B,H,N,D] and [B,H,M]", [&] {
    ops::gather_by_index(ctx, of({2, 3, 5, 4}), of({2, 2, 6}));
  });
  expect("scatter_mean_by_index: x [2, 3, 5, 4] has 5 rows, index [2, 3, 6] has 6", [&] {
    ops::scatter_mean_by_index(ctx, of({2, 3, 5, 4}), of({2, 3, 6}), 9, 0);
  });
  expect("scatter_sum_by_index: x [2, 3, 5, 4] has 5 rows, index [2, 3, 6] has 6", [&] {
    ops::scatter_sum_by_index(ctx, of({2, 3, 5, 4}), of({2, 3, 6}), 9);
  });
  expect("top_positions: scores [2, 3, 5, 4] and key_mask [2, 4] do not fit; expected [B,H,N,C] and [B,N]", [&] {
    ops::top_positions(ctx, of({2, 3, 5, 4}), 2, of({2, 4}));
  });
  expect("rank_among: query_group [2, 3, 5] and key_group [2, 3, 4] differ", [&] {
    ops::rank_among(ctx, of({2, 3, 5}), of({2, 3, 4}), false);
  });
}

}  // namespace
}  // namespace attnscope::op_testing
