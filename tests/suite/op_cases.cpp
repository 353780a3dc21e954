#include "tests/suite/op_cases.h"

#include "suite/ops/elementwise.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/linear_attention.h"
#include "suite/ops/matmul.h"
#include "suite/ops/random_projection.h"
#include "suite/ops/softmax.h"
#include "tests/suite/op_case_families.h"

namespace attnscope::op_testing {
namespace {

using ops::Context;
using tensor::Tensor;

class OpVariant final : public attention::Variant {
 public:
  explicit OpVariant(const OpCase& op_case) : Variant(false), op_case_(op_case) {}
  attention::VariantInfo info() const override { return {.name = op_case_.name}; }
  Tensor core(Context& ctx, const attention::Problem&, const attention::QueryKeyValue&) const override {
    return op_case_.op(ctx);
  }

 private:
  const OpCase& op_case_;
};

// The identity matrix: a product with it hands an op a value of its own, which it may overwrite.
Tensor identity(Context& ctx, std::int64_t n) {
  const ops::Initializer init{"identity",
                              [](std::uint64_t, const tensor::Shape& shape, std::span<double> values) {
                                for (std::size_t i = 0; i < values.size(); ++i) {
                                  values[i] = i % static_cast<std::size_t>(shape[-1] + 1) == 0 ? 1 : 0;
                                }
                              },
                              {}};
  return ctx.buffer("identity", {n, n}, init);
}

// Log scales that never fall along the last axis, with jumps.
Tensor rising(Context& ctx, const tensor::Shape& shape) {
  const ops::Initializer init{"rising",
                              [](std::uint64_t, const tensor::Shape& shape, std::span<double> values) {
                                const auto n = static_cast<std::size_t>(shape[-1]);
                                for (std::size_t i = 0; i < values.size(); ++i) {
                                  values[i] = -1.0 + 0.7 * static_cast<double>(i % n / 3);
                                }
                              },
                              {}};
  return ctx.arguments().get("log_scale", shape, ops::Role::mask, init);
}

void add_matmul_cases(std::vector<OpCase>& cases) {
  struct Sizes {
    const char* name;
    tensor::Shape a, b;
    bool transpose_a = false, transpose_b = false;
  };
  static const std::vector<Sizes> sizes{
      {"plain", {2, 3, 5, 7}, {2, 3, 7, 4}},
      {"transpose_a", {2, 3, 7, 5}, {2, 3, 7, 4}, true, false},
      {"transpose_b", {2, 3, 5, 7}, {2, 3, 4, 7}, false, true},
      {"transpose_both", {2, 3, 7, 5}, {2, 3, 4, 7}, true, true},
      {"shared_left", {5, 7}, {2, 3, 7, 4}},
      {"shared_right", {2, 3, 5, 7}, {7, 4}},
      {"shared_right_transposed", {2, 3, 5, 7}, {4, 7}, false, true},
      {"left_per_head", {3, 5, 7}, {2, 3, 7, 4}},
      {"left_per_example", {2, 1, 5, 7}, {2, 3, 7, 4}},
      {"both_partly_shared", {2, 1, 5, 7}, {1, 3, 7, 4}},
      {"single_element", {1, 1}, {1, 1}},
      {"wide", {2, 40, 33}, {2, 33, 70}},
  };
  for (const Sizes& s : sizes) {
    cases.push_back(
        {std::string("matmul_") + s.name, [&s](Context& ctx) {
           return ops::matmul(ctx, ctx.input("a", s.a), ctx.input("b", s.b), {s.transpose_a, s.transpose_b});
         }});
  }
  cases.push_back({"matmul_by_itself", [](Context& ctx) {
                     const Tensor a = ctx.input("a", {2, 4, 4});
                     return ops::matmul(ctx, a, a);
                   }});
  cases.push_back({"linear_with_bias", [](Context& ctx) {
                     return ops::linear(ctx, ctx.input("a", {2, 5, 6}), ctx.input("b", {6, 4}), ctx.input("c", {4}));
                   }});
  cases.push_back({"linear_without_bias", [](Context& ctx) {
                     return ops::linear(ctx, ctx.input("a", {2, 5, 6}), ctx.input("b", {6, 4}));
                   }});
}

void add_softmax_cases(std::vector<OpCase>& cases) {
  cases.push_back({"softmax_of_an_argument", [](Context& ctx) {  // which stays as it is
                     return ops::softmax(ctx, ctx.input("a", {1, 2, 5, 5}), {.scale = 0.7});
                   }});
  for (const bool causal : {false, true}) {
    for (const tensor::Shape& shape : {tensor::Shape{2, 2, 5, 5}, {1, 2, 3, 7}, {1, 2, 7, 3}, {1, 1, 2, 33}}) {
      cases.push_back(
          {"softmax_" + std::to_string(shape[2]) + "x" + std::to_string(shape[3]) + (causal ? "_causal" : ""),
           [=](Context& ctx) {
             Tensor scores = ops::matmul(ctx, ctx.input("a", shape), identity(ctx, shape[3]));
             return ops::softmax(ctx, std::move(scores), {.scale = 0.7, .causal = causal});
           }});
    }
  }
}

void add_linear_attention_cases(std::vector<OpCase>& cases) {
  for (const bool causal : {false, true}) {
    for (const bool scaled : {false, true}) {
      if (scaled && !causal) continue;
      for (const std::int64_t chunk : {1, 3, 4, 7, 64}) {
        if (!causal && chunk != 64) continue;
        const std::string name = std::string("linear_attention_") + (causal ? "causal_" : "full_") +
                                 (scaled ? "scaled_" : "") + std::to_string(chunk);
        cases.push_back({name, [=](Context& ctx) {
                           // Feature maps keep denominators away from zero.
                           const Tensor a = ops::elu_plus_one(ctx, ctx.input("a", {2, 2, 19, 5}));
                           const Tensor b = ops::elu_plus_one(ctx, ctx.input("b", {2, 2, 19, 5}));
                           ops::LinearAttentionOptions options{.causal = causal, .chunk = chunk, .epsilon = 0.01};
                           if (scaled) options.key_log_scale = rising(ctx, {2, 2, 19});
                           return ops::linear_attention(ctx, a, b, ctx.input("c", {2, 2, 19, 6}), options);
                         }});
      }
    }
  }
}

// Extents that are no multiple of a vector, a register tile or a chunk, and more features than a panel of the state.
void add_odd_linear_attention_cases(std::vector<OpCase>& cases) {
  struct Sizes {
    std::int64_t n, m, d;
  };
  for (const Sizes s : {Sizes{1, 7, 33}, Sizes{70, 7, 33}, Sizes{45, 67, 3}}) {
    for (const char* form : {"full", "causal", "causal_scaled"}) {
      const bool causal = form[0] == 'c', scaled = causal && form[6] != '\0';
      cases.push_back({std::string("linear_attention_") + std::to_string(s.n) + "x" + std::to_string(s.m) + "x" +
                           std::to_string(s.d) + "_" + form,
                       [=](Context& ctx) {
                         const Tensor a = ops::elu_plus_one(ctx, ctx.input("a", {1, 2, s.n, s.m}));
                         const Tensor b = ops::elu_plus_one(ctx, ctx.input("b", {1, 2, s.n, s.m}));
                         ops::LinearAttentionOptions options{.causal = causal, .chunk = 32, .epsilon = 0.01};
                         if (scaled) options.key_log_scale = rising(ctx, {1, 2, s.n});
                         return ops::linear_attention(ctx, a, b, ctx.input("c", {1, 2, s.n, s.d}), options);
                       }});
    }
  }
}

void add_feature_cases(std::vector<OpCase>& cases) {
  cases.push_back({"elu_plus_one", [](Context& ctx) { return ops::elu_plus_one(ctx, ctx.input("a", {3, 37})); }});
  cases.push_back({"elu_plus_one_long", [](Context& ctx) { return ops::elu_plus_one(ctx, ctx.input("a", {3, 377})); }});
  using ops::Stabiliser;
  for (const auto& [name, stabiliser] :
       {std::pair{"none", Stabiliser::none}, std::pair{"row", Stabiliser::row},
        std::pair{"sequence", Stabiliser::sequence}, std::pair{"running", Stabiliser::running}}) {
    cases.push_back({std::string("positive_features_") + name,
                     [stabiliser = stabiliser](Context& ctx) {
                       const Tensor projection = ctx.buffer("w", {11, 6}, ops::random_projection(true, true));
                       return ops::positive_features(ctx, ctx.input("a", {2, 2, 9, 6}), projection, {},
                                                     {stabiliser, 1e-3})
                           .features;
                     },
                     stabiliser == Stabiliser::none});
  }
}

void add_random_projection_cases(std::vector<OpCase>& cases) {
  struct Drawn {
    const char* name;
    tensor::Shape shape;
    ops::RandomProjectionOptions options{};
  };
  static const std::vector<Drawn> list{
      {"blocks", {17, 6}},
      {"part_of_a_block", {3, 8}},
      {"single_element", {1, 1}},
      {"large", {130, 40}},
      {"sqrt_dim", {13, 5}, {.chi_norms = false}},  // an odd count of Gaussian numbers
      {"independent", {13, 5}, {.orthogonal = false}},
      {"independent_sqrt_dim", {13, 5}, {.orthogonal = false, .chi_norms = false, .draw = 3}},
  };
  for (const Drawn& drawn : list) {
    cases.push_back({std::string("draw_projection_") + drawn.name,
                     [&drawn](Context& ctx) {
                       return ops::multiply(ctx, ctx.input("a", drawn.shape),
                                            ops::draw_projection(ctx, "w", drawn.shape, drawn.options));
                     },
                     true, true});
  }
}

void add_layout_cases(std::vector<OpCase>& cases) {
  static const auto positions = [] {
    auto list = std::make_shared<ops::PositionList>();
    *list = {2, 3, {0, 4, 2, 1, -1, 3}};
    return list;
  }();
  cases.push_back({"split_heads", [](Context& ctx) { return ops::split_heads(ctx, ctx.input("a", {2, 5, 6}), 3); }});
  cases.push_back({"merge_heads", [](Context& ctx) { return ops::merge_heads(ctx, ctx.input("a", {2, 3, 5, 2})); }});
  cases.push_back({"first_columns", [](Context& ctx) {
                     return ops::first_columns(ctx, ctx.input("a", {2, 5, 6}), 4);
                   }});
  cases.push_back({"all_columns", [](Context& ctx) { return ops::first_columns(ctx, ctx.input("a", {2, 5}), 5); }});
  cases.push_back({"gather_rows", [](Context& ctx) {
                     return ops::gather_rows(ctx, ctx.input("a", {2, 5, 6}), positions);
                   }});
  cases.push_back({"gather_rows_of_heads", [](Context& ctx) {
                     return ops::gather_rows(ctx, ctx.input("a", {2, 2, 5, 6}), positions);
                   }});
  cases.push_back(
      {"overwrite_rows", [](Context& ctx) {
         return ops::overwrite_rows(ctx, ctx.input("a", {2, 2, 5, 6}), ctx.input("b", {2, 2, 3, 6}), positions);
       }});
  cases.push_back({"mask_rows", [](Context& ctx) {
                     const ops::Initializer alternating{"0, 1, …",
                                                        [](std::uint64_t, const tensor::Shape&, std::span<double> v) {
                                                          for (std::size_t i = 0; i < v.size(); ++i) {
                                                            v[i] = static_cast<double>(i % 3 != 0);
                                                          }
                                                        },
                                                        {}};
                     const Tensor mask = ctx.arguments().get("mask", {2, 5}, ops::Role::mask, alternating);
                     return ops::mask_rows(ctx, ctx.input("a", {2, 3, 5, 2}), mask);
                   }});
}

}  // namespace

const std::vector<OpCase>& op_cases() {
  static const std::vector<OpCase> cases = [] {
    std::vector<OpCase> list;
    add_matmul_cases(list);
    add_softmax_cases(list);
    add_attention_cases(list);
    add_attention_score_cases(list);
    add_attention_row_cases(list);
    add_attention_set_cases(list);
    add_merge_cases(list);
    add_linear_attention_cases(list);
    add_odd_linear_attention_cases(list);
    add_feature_cases(list);
    add_random_projection_cases(list);
    add_layout_cases(list);
    add_broadcast_cases(list);
    add_activation_cases(list);
    add_slice_cases(list);
    add_reduce_cases(list);
    add_normalize_cases(list);
    add_index_rows_cases(list);
    return list;
  }();
  return cases;
}

std::unique_ptr<attention::Variant> variant_of(const OpCase& op_case) { return std::make_unique<OpVariant>(op_case); }

}  // namespace attnscope::op_testing
