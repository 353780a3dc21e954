// Cases of parts of tensors along an axis.
#include <array>

#include "suite/ops/elementwise.h"
#include "suite/ops/slice.h"
#include "tests/suite/op_case_families.h"

namespace attnscope::op_testing {

using ops::Context;
using tensor::Shape;
using tensor::Tensor;

namespace {

void add_concatenate_cases(std::vector<OpCase>& cases) {
  for (const int axis : {0, 1, 2, -1}) {
    cases.push_back(
        {"concatenate_axis_" + std::to_string(axis + 1), [axis](Context& ctx) {
           std::vector<std::int64_t> other{2, 3, 5};
           other[static_cast<std::size_t>(axis < 0 ? axis + 3 : axis)] = 4;
           const std::array parts{ctx.input("a", {2, 3, 5}), ctx.input("b", Shape(other)), ctx.input("c", {2, 3, 5})};
           return ops::concatenate(ctx, parts, axis);
         }});
  }
  cases.push_back({"concatenate_with_itself",
                   [](Context& ctx) {
                     const Tensor a = ctx.input("a", {2, 3});
                     return ops::concatenate(ctx, std::array{a, a}, 0);
                   },
                   true, true});
  cases.push_back({"concatenate_with_a_constant",
                   [](Context& ctx) {
                     const Tensor zeros = ctx.buffer("w", {2, 4, 3}, ops::zeros());
                     return ops::concatenate(ctx, std::array{zeros, ctx.input("a", {2, 5, 3})}, -2);
                   },
                   true, true});
}

}  // namespace

void add_slice_cases(std::vector<OpCase>& cases) {
  struct Part {
    const char* name;
    int axis;
    std::int64_t first, count;
  };
  static const std::vector<Part> parts{
      {"first_axis", 0, 1, 1},    {"middle", 1, 1, 2},          {"last_axis", -1, 2, 3},    {"positions", -2, 2, 3},
      {"all", -2, 0, 5},          {"shifted_up", -2, -1, 5},    {"shifted_down", -2, 1, 5}, {"padded", 2, 0, 8},
      {"padded_both", 2, -3, 11}, {"columns_padded", 3, -1, 9}, {"before_it", 2, -6, 4},    {"behind_it", 2, 7, 2},
      {"one_element", 3, 6, 1},
  };
  for (const Part& part : parts) {
    cases.push_back({std::string("slice_") + part.name,
                     [&part](Context& ctx) {
                       return ops::slice(ctx, ctx.input("a", {2, 3, 5, 7}), part.axis, part.first, part.count);
                     },
                     true, true});
  }
  cases.push_back({"slice_long",
                   [](Context& ctx) {
                     return ops::slice(ctx, ctx.input("a", {3, 5, 300, 20}), -2, -7, 280);
                   },
                   true, true});
  // Parts that lie where they are cut out of: they overlap, and each is changed for itself. The first one to be cut
  // out, which is the last one to find its gradient, does not lie at the start.
  cases.push_back({"slice_overlapping", [](Context& ctx) {
                     const Tensor a = ctx.input("a", {5, 3, 7});
                     const Tensor back = ops::slice(ctx, a, 0, 2, 3), front = ops::slice(ctx, a, 0, 0, 3);
                     const Tensor product = ops::multiply(ctx, ops::affine(ctx, front, 2, 1), back);
                     return ops::add(ctx, product, ops::affine(ctx, ops::slice(ctx, front, 0, 1, 1), -1));
                   }});
  add_concatenate_cases(cases);
  for (const auto& [axis, shape] : {std::pair{0, Shape{1, 3, 4}}, {1, Shape{2, 1, 4}}, {-1, Shape{2, 3, 1}}}) {
    cases.push_back(
        {"repeat_axis_" + std::to_string(axis + 1),
         [=, axis = axis, shape = shape](Context& ctx) { return ops::repeat(ctx, ctx.input("a", shape), axis, 5); },
         true, true});
  }
  cases.push_back({"repeat_once",
                   [](Context& ctx) {
                     return ops::repeat(ctx, ctx.input("a", {2, 1, 4}), 1, 1);
                   },
                   true, true});
}

}  // namespace attnscope::op_testing
