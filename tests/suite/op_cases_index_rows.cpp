// Cases of rows moved by indices in tensors.
#include "suite/ops/index_rows.h"
#include "tests/suite/op_case_families.h"

namespace attnscope::op_testing {

using ops::Context;
using tensor::Shape;
using tensor::Tensor;

void add_index_rows_cases(std::vector<OpCase>& cases) {
  struct Sizes {
    const char* name;
    Shape index;  // [B or 1, H or 1, M]
    std::int64_t rows = 9;
    std::int64_t width = 5;
  };
  static const std::vector<Sizes> sizes{
      {"per_head", {2, 3, 6}},        {"for_all_examples", {1, 3, 6}}, {"for_all_heads", {2, 1, 6}},
      {"for_all", {1, 1, 6}},         {"more_than_rows", {2, 3, 31}},  {"one_row", {2, 3, 4}, 1},
      {"long", {2, 3, 700}, 600, 20}, {"width_one", {2, 3, 40}, 9, 1}, {"wide", {2, 3, 30}, 20, 70}};
  for (const Sizes& s : sizes) {
    // Repeats, absent ones and rows that are never named.
    const auto index = [&s](Context& ctx) {
      const auto row = [&s](std::size_t i) {
        return static_cast<double>(i % 5 == 3 ? -1 : static_cast<std::int64_t>(i * i + i / 7) % s.rows);
      };
      return constant(ctx, "index", s.index, row, ops::Role::mask);
    };
    cases.push_back({std::string("gather_by_index_") + s.name,
                     [&s, index](Context& ctx) {
                       return ops::gather_by_index(ctx, ctx.input("a", {2, 3, s.rows, s.width}), index(ctx));
                     },
                     true, true});
    cases.push_back({std::string("scatter_sum_by_index_") + s.name,
                     [&s, index](Context& ctx) {
                       const Tensor a = ctx.input("a", {2, 3, s.index[2], s.width});
                       return ops::scatter_sum_by_index(ctx, a, index(ctx), s.rows);
                     },
                     true, true});
    for (const double epsilon : {0.0, 0.01}) {
      cases.push_back({std::string("scatter_mean_by_index_") + s.name + (epsilon > 0 ? "_epsilon" : ""),
                       [&s, index, epsilon](Context& ctx) {
                         const Tensor a = ctx.input("a", {2, 3, s.index[2], s.width});
                         return ops::scatter_mean_by_index(ctx, a, index(ctx), s.rows, epsilon);
                       },
                       true, true});
    }
  }
}

}  // namespace attnscope::op_testing
