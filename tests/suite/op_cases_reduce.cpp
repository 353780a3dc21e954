// Cases of sums, maxima and prefix sums along an axis.
#include "suite/ops/reduce.h"
#include "tests/suite/op_case_families.h"

namespace attnscope::op_testing {

using ops::Context;
using tensor::Shape;

void add_reduce_cases(std::vector<OpCase>& cases) {
  using Along = tensor::Tensor (*)(Context&, const tensor::Tensor&, int);
  struct Reduction {
    const char* name;
    Along op;
    bool linear;
  };
  static const std::vector<Reduction> reductions{{"sum", ops::sum, true},
                                                 {"mean", ops::mean, true},
                                                 {"maximum", ops::maximum, false},
                                                 {"cumulative_sum", ops::cumulative_sum, true}};
  struct Sizes {
    const char* name;
    Shape shape;
    int axis;
  };
  static const std::vector<Sizes> sizes{{"first_axis", {3, 4, 5}, 0},   {"middle", {3, 4, 5}, 1},
                                        {"last_axis", {3, 4, 5}, -1},   {"positions", {2, 3, 9, 21}, -2},
                                        {"one", {3, 1, 5}, 1},          {"vector", {37}, 0},
                                        {"long_lines", {20, 2000}, -1}, {"long_columns", {4, 600, 40}, 1}};
  for (const Reduction& reduction : reductions) {
    for (const Sizes& s : sizes) {
      cases.push_back({std::string(reduction.name) + "_" + s.name,
                       [&](Context& ctx) { return reduction.op(ctx, ctx.input("a", s.shape), s.axis); }, true,
                       reduction.linear});
    }
  }
  cases.push_back({"mean_square", [](Context& ctx) { return ops::mean_square(ctx, ctx.input("a", {3, 37})); }});
  cases.push_back({"mean_square_long", [](Context& ctx) { return ops::mean_square(ctx, ctx.input("a", {5, 2000})); }});
}

}  // namespace attnscope::op_testing
