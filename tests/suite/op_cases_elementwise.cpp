// Cases of broadcast sums and products, scalings and activations.
#include "suite/ops/elementwise.h"
#include "tests/suite/op_case_families.h"

namespace attnscope::op_testing {

using ops::Context;
using tensor::Shape;

void add_broadcast_cases(std::vector<OpCase>& cases) {
  struct Sizes {
    const char* name;
    Shape a, b;
  };
  static const std::vector<Sizes> sizes{
      {"same", {2, 3, 5, 7}, {2, 3, 5, 7}},
      {"vector", {37}, {37}},
      {"vector_by_one", {37}, {1}},
      {"per_head", {2, 3, 5, 7}, {1, 3, 1, 7}},
      {"per_row", {2, 3, 5, 7}, {2, 3, 5, 1}},
      {"per_example", {2, 3, 5, 7}, {2, 1, 1, 1}},
      {"per_column", {2, 3, 5, 7}, {1, 1, 1, 7}},
      {"per_position", {2, 3, 5, 7}, {1, 1, 5, 1}},
      {"matrix_for_all", {2, 3, 5, 7}, {1, 1, 5, 7}},
      {"alternating", {2, 3, 5, 7}, {2, 1, 5, 1}},
      {"scalar", {2, 3, 5, 7}, {1, 1, 1, 1}},
      {"extents_of_one", {1, 3, 1, 7}, {1, 1, 1, 7}},
      {"rank_3", {3, 4, 6}, {3, 1, 6}},
      {"single_element", {1, 1}, {1, 1}},
      {"long_runs", {2, 3, 90, 70}, {2, 3, 90, 70}},
      {"long_per_head", {2, 3, 90, 70}, {1, 3, 1, 70}},
      {"long_per_row", {2, 3, 90, 70}, {2, 3, 90, 1}},
      {"long_scalar", {2, 3, 90, 70}, {1, 1, 1, 1}},
  };
  for (const Sizes& s : sizes) {
    cases.push_back({std::string("add_") + s.name,
                     [&s](Context& ctx) { return ops::add(ctx, ctx.input("a", s.a), ctx.input("b", s.b)); }});
    cases.push_back({std::string("multiply_") + s.name,
                     [&s](Context& ctx) { return ops::multiply(ctx, ctx.input("a", s.a), ctx.input("b", s.b)); }});
  }
  cases.push_back({"add_to_itself", [](Context& ctx) {
                     const auto a = ctx.input("a", {3, 5});
                     return ops::add(ctx, a, a);
                   }});
  cases.push_back({"multiply_by_itself", [](Context& ctx) {
                     const auto a = ctx.input("a", {3, 5});
                     return ops::multiply(ctx, a, a);
                   }});
  // Only one operand has a gradient.
  const auto fixed = [](Context& ctx, Shape shape) {
    return constant(ctx, "w", shape, [](std::size_t i) { return 0.25 * static_cast<double>(i % 7) - 0.6; });
  };
  cases.push_back({"add_constant", [=](Context& ctx) {
                     return ops::add(ctx, ctx.input("a", {3, 5}), fixed(ctx, {1, 5}));
                   }});
  cases.push_back({"add_to_constant", [=](Context& ctx) {
                     return ops::add(ctx, fixed(ctx, {3, 5}), ctx.input("b", {3, 1}));
                   }});
  cases.push_back({"multiply_by_constant", [=](Context& ctx) {
                     return ops::multiply(ctx, ctx.input("a", {3, 5}), fixed(ctx, {3, 1}));
                   }});
  cases.push_back({"multiply_constant", [=](Context& ctx) {
                     return ops::multiply(ctx, fixed(ctx, {3, 5}), ctx.input("b", {1, 5}));
                   }});
}

void add_activation_cases(std::vector<OpCase>& cases) {
  using ops::Activation;
  static const std::vector<std::pair<const char*, Activation>> activations{
      {"relu", Activation::relu},       {"silu", Activation::silu}, {"gelu", Activation::gelu},
      {"sigmoid", Activation::sigmoid}, {"sine", Activation::sine}, {"exponential", Activation::exponential}};
  for (const auto& [name, activation] : activations) {
    for (const Shape& shape : {Shape{1}, Shape{3, 37}, Shape{190, 200}}) {
      cases.push_back({name + ("_" + std::to_string(shape.elements())), [=, activation = activation](Context& ctx) {
                         return ops::activate(ctx, ctx.input("a", shape), activation);
                       }});
    }
  }
  for (const auto& [name, activation] :
       {std::pair{"logarithm", Activation::logarithm}, std::pair{"reciprocal", Activation::reciprocal}}) {
    cases.push_back({name, [activation = activation](Context& ctx) {
                       const auto positive = ops::elu_plus_one(ctx, ctx.input("a", {3, 37}));
                       return ops::activate(ctx, positive, activation);
                     }});
  }
  cases.push_back({"sine_beyond_pi", [](Context& ctx) {
                     return ops::activate(ctx, ops::affine(ctx, ctx.input("a", {3, 37}), 4), Activation::sine);
                   }});
  cases.push_back({"affine", [](Context& ctx) { return ops::affine(ctx, ctx.input("a", {3, 37}), -1.5); }, true, true});
  cases.push_back({"affine_with_offset", [](Context& ctx) {
                     return ops::affine(ctx, ctx.input("a", {190, 200}), 0.5, 2);
                   }});
}

}  // namespace attnscope::op_testing
