// Block scope against residuals, norms and feed-forward written out; and what computes activations again instead of
// keeping them: the same values and gradients in less memory.
#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/gradient_flow.h"
#include "suite/ops/layout.h"
#include "suite/transformer/feed_forward.h"
#include "tests/oracle/block.h"
#include "tests/suite/variant_shapes.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

using ops::Context;
using tensor::Tensor;

std::vector<VariantCase> block_cases() {
  std::vector<Options> options;
  for (const char* norm : {"pre", "post", "branch"})
    for (const char* bias : {"false", "true"}) options.push_back({{"norm", norm}, {"bias", bias}});
  return every_length("softmax",
                      settings_of(false, options, {Scope::block}) + settings_of(true, options, {Scope::block}));
}

class BlockOracle : public OracleTest {};
TEST_P(BlockOracle, every_backend) {
  const VariantCase c = GetParam();
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Result right =
      oracle::softmax_block(arrays, c.problem.heads, c.problem.causal, option_or(c, "norm", "pre"));
  for (const char* name : {"reference", "cpu_1_thread", "cpu_2_threads"}) {
    SCOPED_TRACE(name);
    const auto backend = make_backend(name);
    expect_close(run(c, arrays, *backend), right, tolerance_of(*backend));
  }
}
INSTANTIATE_TEST_SUITE_P(softmax, BlockOracle, testing::ValuesIn(block_cases()), case_name);

// --- the block of every variant is residuals, norms and feed-forward around its layer

std::vector<VariantCase> layer_cases() {
  std::vector<VariantCase> all = representative_cases() + representative_causal_cases();
  std::erase_if(all, [](const VariantCase& c) { return c.problem.scope != Scope::layer; });
  return all;
}

class EveryBlock : public OracleTest {
 protected:
  // With two streams of activations instead of one a block is another function.
  static Options without_reversible(const VariantCase& c) {
    Options options = c.options;
    const auto variant = make_variant(c);
    for (const attention::OptionBase* option : variant->options().all())
      if (option->info().name == "reversible") options["reversible"] = "false";
    return options;
  }
  // The suite's layer, as a function of x.
  static oracle::Sublayer layer_of(const VariantCase& c, const oracle::Arrays& arrays, ops::Backend& backend) {
    return [&, c](const oracle::VarArray& x) {
      VariantCase layer = c;
      layer.problem.scope = Scope::layer;
      oracle::Arrays taken;
      for (const auto& [name, shape] : shapes_of(layer)) taken[name] = arrays.at(name);
      if (const auto& optional = variant_under_test(c.variant).optional_arrays)
        for (const auto& [name, array] : optional(layer)) taken[name] = arrays.at(name);
      taken["x"] = oracle::values_of(x);
      const oracle::Array y = run_forward(layer, taken, backend);
      oracle::VarArray result(y.shape);
      for (std::size_t i = 0; i < y.values.size(); ++i) result.values[i] = y.values[i];
      return result;
    };
  }
};
INSTANTIATE_TEST_SUITE_P(settings, EveryBlock, testing::ValuesIn(layer_cases()), case_name);

TEST_P(EveryBlock, wraps_its_layer) {
  VariantCase c = GetParam();
  c.options = without_reversible(c);
  c.problem.scope = Scope::block;
  if (make_variant(c)->refusal(c.problem)) GTEST_SKIP() << "its rows are not those of the input";
  const auto backend = make_backend("reference");
  for (const char* norm : {"pre", "post", "branch"}) {
    c.options["norm"] = norm;
    const oracle::Arrays arrays = make_arrays(c);
    oracle::VarArrays in;
    for (const auto& [name, array] : arrays) {
      in[name] = oracle::VarArray(array.shape);
      for (std::size_t i = 0; i < array.values.size(); ++i) in[name].values[i] = array.values[i];
    }
    const oracle::VarArray right = oracle::block(in, norm, layer_of(c, arrays, *backend));
    EXPECT_TRUE(close(run_forward(c, arrays, *backend), oracle::values_of(right), 1e-11)) << norm;
  }
}

// --- computing again instead of keeping

// A model made for a test: one function from x [B,N,E] to [B,N,E].
class Model final : public attention::Variant {
 public:
  using Function = std::function<Tensor(Context&, const Tensor& x)>;
  explicit Model(Function function) : Variant(true), function_(std::move(function)) {}
  attention::VariantInfo info() const override { return {.name = "model_of_a_test"}; }
  Tensor core(Context&, const Problem&, const attention::QueryKeyValue&) const override {
    throw std::logic_error("this model has no core");
  }
  Tensor layer(Context& ctx, const Problem&, const Tensor& x, const Tensor&) const override {
    return function_(ctx, x);
  }

 private:
  Function function_;
};

struct Outcome {
  oracle::Result result;
  std::int64_t peak_bytes;
};

Outcome train(const Model::Function& function, ops::Backend& backend) {
  const Model model(function);
  attention::Session session(model, problem_of(Scope::layer, false, 2, 2, 21, 4), backend);
  session.run();
  Outcome outcome{{from_host(session.output()), {}}, session.memory().peak_bytes};
  for (const ops::ArgumentSpec& spec : session.arguments())
    if (spec.name != "d_out") outcome.result.gradients[spec.name] = from_host(session.gradient(spec.name));
  return outcome;
}

class LessMemory : public IdentityTest {
 protected:
  void expect_the_same_in_less_memory(const Model::Function& again, const Model::Function& plain) {
    const Outcome kept = train(plain, *backend_), computed = train(again, *backend_);
    expect_close(computed.result, kept.result, tolerance_);
    EXPECT_LT(computed.peak_bytes, kept.peak_bytes);
  }
};
INSTANTIATE_TEST_SUITE_P(backends, LessMemory, both_backends(), backend_name);

TEST_P(LessMemory, feed_forward_in_chunks) {
  for (const std::int64_t chunks : {2, 4, 5, 21, 100}) {
    SCOPED_TRACE(chunks);
    expect_the_same_in_less_memory(
        [&](Context& ctx, const Tensor& x) { return transformer::feed_forward(ctx, x, chunks); },
        [](Context& ctx, const Tensor& x) { return transformer::feed_forward(ctx, x); });
  }
}

// Three segments in a row, which share their weights: gradients of all add up.
TEST_P(LessMemory, recompute) {
  const auto segment = [](Context& ctx, std::span<const Tensor> in) {
    return ops::add(ctx, in.front(), transformer::feed_forward(ctx, transformer::norm(ctx, in.front(), "norm")));
  };
  const auto three = [&](const auto& step) {
    return [&](Context& ctx, const Tensor& x) { return step(ctx, step(ctx, step(ctx, x))); };
  };
  const auto kept = [&](Context& ctx, const Tensor& x) { return segment(ctx, std::array{x}); };
  const auto computed = [&](Context& ctx, const Tensor& x) { return ops::recompute(ctx, std::array{x}, segment); };
  expect_the_same_in_less_memory(three(computed), three(kept));
}

// A segment of two inputs, one of which is not trained, used twice.
TEST_P(LessMemory, recompute_of_several_inputs) {
  const auto product = [](Context& ctx, std::span<const Tensor> in) {
    const Tensor raised = ops::activate(ctx, ops::multiply(ctx, in[0], in[1]), ops::Activation::gelu);
    return ops::activate(ctx, ops::multiply(ctx, raised, in[0]), ops::Activation::silu);
  };
  const auto model = [](const auto& of_two) {
    return [&](Context& ctx, const Tensor& x) {
      const Tensor fixed = ops::stop_gradient(ops::affine(ctx, x, 0.5, 0.1));
      return of_two(ctx, std::array{of_two(ctx, std::array{x, fixed}), x});
    };
  };
  const auto again = [&](Context& ctx, std::span<const Tensor> in) { return ops::recompute(ctx, in, product); };
  expect_the_same_in_less_memory(model(again), model(product));
}

// Four blocks y1 = x1 + attention(x2), y2 = x2 + feed_forward(y1), from x1 = x2 = x to y1 + y2.
TEST_P(LessMemory, reversible) {
  const ops::Branch attend = [](Context& ctx, const Tensor& x) {
    const Tensor heads = ops::split_heads(ctx, transformer::norm(ctx, x, "norm_attention"), 2);
    return ops::merge_heads(ctx, ops::attention(ctx, heads, heads, heads, {.scale = 0.5}));
  };
  const ops::Branch feed = [](Context& ctx, const Tensor& x) {
    return transformer::feed_forward(ctx, transformer::norm(ctx, x, "norm_ff"));
  };
  const auto model = [&](const auto& block) {
    return [&](Context& ctx, const Tensor& x) {
      ops::ReversiblePair pair{x, x};
      for (int n = 0; n < 4; ++n) pair = block(ctx, pair.y1, pair.y2);
      return ops::add(ctx, pair.y1, pair.y2);
    };
  };
  const auto kept = [&](Context& ctx, const Tensor& x1, const Tensor& x2) {
    const Tensor y1 = ops::add(ctx, x1, attend(ctx, x2));
    return ops::ReversiblePair{y1, ops::add(ctx, x2, feed(ctx, y1))};
  };
  const auto computed = [&](Context& ctx, const Tensor& x1, const Tensor& x2) {
    return ops::reversible(ctx, x1, x2, attend, feed);
  };
  expect_the_same_in_less_memory(model(computed), model(kept));
}

// One of the two outputs may go unused.
TEST_P(LessMemory, reversible_with_one_output) {
  const ops::Branch wide = [](Context& ctx, const Tensor& x) { return transformer::feed_forward(ctx, x); };
  for (const bool first : {true, false}) {
    SCOPED_TRACE(first);
    const auto of = [&](const ops::ReversiblePair& pair) { return first ? pair.y1 : pair.y2; };
    const auto kept = [&](Context& ctx, const Tensor& x) {
      const Tensor y1 = ops::add(ctx, x, wide(ctx, x));
      return of({y1, ops::add(ctx, x, wide(ctx, y1))});
    };
    const auto computed = [&](Context& ctx, const Tensor& x) { return of(ops::reversible(ctx, x, x, wide, wide)); };
    expect_close(train(computed, *backend_).result, train(kept, *backend_).result, tolerance_);
  }
}

}  // namespace
}  // namespace attnscope::variant_testing
