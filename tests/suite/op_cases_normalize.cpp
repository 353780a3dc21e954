// Cases of row norms and of Sinkhorn's half-steps.
#include <limits>

#include "suite/ops/elementwise.h"
#include "suite/ops/normalize.h"
#include "tests/suite/op_case_families.h"

namespace attnscope::op_testing {

using ops::Context;
using ops::LogNormalize;
using tensor::Shape;
using tensor::Tensor;

namespace {

void add_layer_norm_cases(std::vector<OpCase>& cases) {
  for (const Shape& shape : {Shape{5, 1}, Shape{2, 3, 5}, Shape{4, 33}, Shape{300, 130}}) {
    const std::int64_t columns = shape[-1];
    const std::string suffix = std::to_string(columns);
    cases.push_back({"layer_norm_" + suffix,
                     [=](Context& ctx) { return ops::layer_norm(ctx, ctx.input("a", shape), {}, {}, 1e-2); }});
    cases.push_back({"layer_norm_gain_and_shift_" + suffix, [=](Context& ctx) {
                       return ops::layer_norm(ctx, ctx.input("a", shape), ctx.input("b", {columns}),
                                              ctx.input("c", {columns}), 1e-2);
                     }});
    cases.push_back(
        {"rms_norm_" + suffix, [=](Context& ctx) { return ops::rms_norm(ctx, ctx.input("a", shape), 0.7, 1e-2); }});
  }
  cases.push_back({"layer_norm_gain", [](Context& ctx) {
                     return ops::layer_norm(ctx, ctx.input("a", {2, 3, 5}), ctx.input("b", {5}), {}, 0);
                   }});
  cases.push_back({"layer_norm_shift", [](Context& ctx) {
                     return ops::layer_norm(ctx, ctx.input("a", {2, 3, 5}), {}, ctx.input("b", {5}), 0);
                   }});
  cases.push_back(
      {"layer_norm_of_constant", [](Context& ctx) {
         const Tensor w = constant(ctx, "w", {3, 5}, [](std::size_t i) { return static_cast<double>(i * i); });
         return ops::layer_norm(ctx, w, ctx.input("b", {5}), ctx.input("c", {5}), 1e-5);
       }});
}

// −inf where Sinkhorn forbids: scattered, whole rows and whole columns.
Tensor forbid(Context& ctx, const Tensor& x) {
  const std::int64_t rows = x.shape()[-2], columns = x.shape()[-1];
  const auto value = [=](std::size_t i) {
    const std::int64_t row = static_cast<std::int64_t>(i) / columns % rows,
                       column = static_cast<std::int64_t>(i) % columns;
    const bool forbidden = row == 0 || row == 4 || column == 2 || (row + 2 * column) % 3 == 0;
    return forbidden ? -std::numeric_limits<double>::infinity() : 0.0;
  };
  return ops::add(ctx, x, constant(ctx, "w", x.shape(), value));
}

void add_log_normalize_cases_along(std::vector<OpCase>& cases, const std::string& name, LogNormalize along) {
  const auto add = [&](const std::string& kind, const Shape& shape, bool forbidding) {
    cases.push_back({"log_normalize_" + name + "_" + kind, [=](Context& ctx) {
                       const Tensor x = ctx.input("a", shape);
                       if (!forbidding) return ops::log_normalize(ctx, x, along);
                       // Finite again, so that differences can be formed.
                       return ops::exponential(ctx, ops::log_normalize(ctx, forbid(ctx, x), along));
                     }});
  };
  add("square", {2, 2, 5, 5}, false);
  add("wide", {1, 2, 3, 37}, false);
  add("tall", {1, 2, 37, 3}, false);
  add("one_row", {1, 1, 1, 7}, false);
  add("one_column", {1, 1, 7, 1}, false);
  add("large", {1, 2, 150, 150}, false);
  add("forbidden", {2, 2, 7, 21}, true);
  add("forbidden_tall", {1, 2, 21, 7}, true);
}

void add_log_normalize_cases(std::vector<OpCase>& cases) {
  add_log_normalize_cases_along(cases, "rows", LogNormalize::rows);
  add_log_normalize_cases_along(cases, "columns", LogNormalize::columns);
  add_log_normalize_cases_along(cases, "columns_so_far", LogNormalize::columns_so_far);
  cases.push_back({"sinkhorn_iterations", [](Context& ctx) {
                     Tensor x = forbid(ctx, ctx.input("a", {2, 2, 7, 7}));
                     for (int t = 0; t < 4; ++t) {
                       x = ops::log_normalize(ctx, x, LogNormalize::rows);
                       x = ops::log_normalize(ctx, x, LogNormalize::columns_so_far);
                     }
                     return ops::exponential(ctx, x);
                   }});
}

}  // namespace

void add_normalize_cases(std::vector<OpCase>& cases) {
  add_layer_norm_cases(cases);
  add_log_normalize_cases(cases);
}

}  // namespace attnscope::op_testing
