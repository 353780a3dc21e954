// Broadcasts and sums over axes on the emulated GPU: rows of one element up to several blocks, more rows than a grid
// has in y or z, every way in which shared axes and own ones alternate, memory that is not aligned.
#include <gtest/gtest.h>

#include "tests/emulated_gpu/kernel_call.h"

namespace attnscope::emulated_gpu_testing {
namespace {

using ops::Backend;
using tensor::Shape;
using tensor::Tensor;

struct Shapes {
  Shape a, b;
  bool unaligned = false;
};

std::string name_of(const testing::TestParamInfo<Shapes>& info) {
  std::string name;
  for (const Shape& shape : {info.param.a, info.param.b}) {
    for (const std::int64_t extent : shape.extents()) name += (name.empty() ? "" : "_") + std::to_string(extent);
  }
  return name + (info.param.unaligned ? "_unaligned" : "");
}

class BroadcastOfShapes : public testing::TestWithParam<Shapes> {
 protected:
  std::mt19937 random{5};
  Operand operand(const Shape& shape) {
    Operand x = random_operand(random, shape);
    x.unaligned = GetParam().unaligned;
    return x;
  }
  const Shape& a() const { return GetParam().a; }
  const Shape& b() const { return GetParam().b; }
};

TEST_P(BroadcastOfShapes, EqualsReference) {
  for (const ops::Broadcast kind : {ops::Broadcast::add, ops::Broadcast::multiply}) {
    for (const bool statistics : {false, true}) {
      Operand second = operand(b());
      second.statistics = statistics;
      expect_as_reference({operand(a()), second, {.shape = a(), .unaligned = GetParam().unaligned}},
                          [&](Backend& backend, const std::vector<Tensor>& x) {
                            backend.broadcast({.kind = kind, .a = x[0], .b = x[1], .y = x[2]});
                          });
    }
  }
}

TEST_P(BroadcastOfShapes, AdjointEqualsReference) {
  for (const bool has_factor : {false, true}) {
    for (const bool statistics : {false, true}) {
      expect_as_reference(
          {operand(a()), operand(a()), {.shape = b(), .statistics = statistics}},
          [&](Backend& backend, const std::vector<Tensor>& x) {
            backend.broadcast_adjoint({.gradient = x[0], .factor = has_factor ? x[1] : Tensor{}, .d_b = x[2]});
          });
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, BroadcastOfShapes,
                         testing::Values(Shapes{{1, 1, 2, 2200}, {1, 1, 2, 2200}},      // a row of several blocks
                                         Shapes{{1, 1, 1, 2203}, {1, 1, 1, 1}},         // the same, odd
                                         Shapes{{2, 3, 40, 24}, {1, 3, 1, 24}},         // shared own shared own
                                         Shapes{{3, 4, 5, 80}, {3, 1, 5, 1}},           // own shared own shared
                                         Shapes{{2, 3, 37, 9}, {2, 1, 37, 1}},          // the same, odd
                                         Shapes{{2, 3, 40, 24}, {1, 3, 1, 24}, true},   // not aligned
                                         Shapes{{2, 2, 700, 8}, {1, 1, 1, 8}},          // few sums of many terms
                                         Shapes{{1, 2, 3, 5000}, {1, 2, 1, 1}},         // fewer still
                                         Shapes{{1, 1, 66'000, 2}, {1, 1, 66'000, 1}},  // many sums of few terms
                                         Shapes{{1, 1, 66'000, 1}, {1, 1, 1, 1}},       // one sum of many rows
                                         Shapes{{1, 300, 2, 40}, {1, 300, 1, 40}}),     // many sums side by side
                         name_of);

TEST(AddBias, EqualsReference) {
  std::mt19937 random(7);
  for (const Shape& shape : {Shape{5, 24}, Shape{700, 136}, Shape{66'000, 1}, Shape{9000, 8}, Shape{3, 37}}) {
    for (const bool unaligned : {false, true}) {
      Operand y = random_operand(random, shape), bias = random_operand(random, {shape[1]});
      y.unaligned = bias.unaligned = unaligned;
      expect_as_reference({y, bias},
                          [](Backend& backend, const std::vector<Tensor>& x) { backend.add_bias(x[0], x[1]); });
      expect_as_reference({y, {.shape = {shape[1]}, .unaligned = unaligned}},
                          [](Backend& backend, const std::vector<Tensor>& x) { backend.sum_rows(x[0], x[1]); });
    }
  }
}

}  // namespace
}  // namespace attnscope::emulated_gpu_testing
