// Causality by perturbation: what comes later leaves earlier rows bit-identical (or, where keys are sorted, equal but
// for rounding), and receives no gradient from them.
#include "tests/suite/variant_shapes.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

class Causality : public OracleTest {
 protected:
  // Replaces the inputs at positions `from` and later.
  static oracle::Arrays perturbed(const VariantCase& c, const oracle::Arrays& arrays, std::int64_t from) {
    oracle::Arrays changed = arrays;
    for (const std::string& name : per_position(c)) {
      oracle::Array& array = changed.at(name);
      const std::int64_t width = array.shape.back();
      for (std::size_t i = 0; i < array.values.size(); ++i)
        if (static_cast<std::int64_t>(i) / width % c.problem.seq_len >= from)
          array.values[i] = 3.0 - 2.0 * array.values[i];
    }
    return changed;
  }

  void expect_causal_output(const std::string& backend_name) {
    const VariantCase c = GetParam();
    const auto backend = make_backend(backend_name);
    const double rounding = backend->dtype() == tensor::DType::f64 ? 1e-14 : 2e-6;
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Array before = run_forward(c, arrays, *backend);
    for (const std::int64_t from : {c.problem.seq_len - 1, c.problem.seq_len / 2, std::int64_t{1}}) {
      const oracle::Array after = run_forward(c, perturbed(c, arrays, from), *backend);
      const oracle::Array earlier = positions(after, 0, from), expected = positions(before, 0, from);
      EXPECT_TRUE(c.traits.keeps_rounding ? identical(earlier, expected) : close(earlier, expected, rounding))
          << "changed from " << from;
      if (!c.traits.sees_itself) continue;
      EXPECT_FALSE(close(positions(after, from, from + 1), positions(before, from, from + 1), 1e-3))
          << "row " << from << " does not see its own position";
    }
  }

  // d_out is zero but at rows before `until`: nothing later may receive a gradient, the row before it must.
  void expect_causal_gradients(const std::string& backend_name) {
    const VariantCase c = GetParam();
    const auto backend = make_backend(backend_name);
    const std::int64_t length = c.problem.seq_len,
                       width = c.problem.scope == Scope::core ? c.problem.head_dim : c.problem.model_dim();
    for (const std::int64_t until : {length - 1, length / 2, std::int64_t{1}}) {
      oracle::Arrays arrays = make_arrays(c);
      oracle::Array& d_out = arrays["d_out"];
      for (std::size_t i = 0; i < d_out.values.size(); ++i)
        if (static_cast<std::int64_t>(i) / width % length >= until) d_out.values[i] = 0.0;
      const oracle::Result result = run(c, arrays, *backend);
      for (const std::string& name : per_position(c)) {
        if (name == "d_out") continue;
        EXPECT_TRUE(all_zero(positions(result.gradients.at(name), until, length))) << name << " from " << until;
      }
      if (!c.traits.sees_itself) continue;
      const oracle::Array& last = result.gradients.at(c.problem.scope == Scope::core ? "v" : "x");
      EXPECT_FALSE(all_zero(positions(last, until - 1, until)));
    }
  }
};

TEST_P(Causality, output_on_reference) { expect_causal_output("reference"); }
TEST_P(Causality, output_on_reference_f32) { expect_causal_output("reference_f32"); }
TEST_P(Causality, output_on_cpu_1_thread) { expect_causal_output("cpu_1_thread"); }
TEST_P(Causality, output_on_cpu_2_threads) { expect_causal_output("cpu_2_threads"); }
TEST_P(Causality, gradients_on_reference) { expect_causal_gradients("reference"); }
TEST_P(Causality, gradients_on_cpu) { expect_causal_gradients("cpu_2_threads"); }
INSTANTIATE_TEST_SUITE_P(short_sequences, Causality, testing::ValuesIn(representative_causal_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(long_sequences, Causality, testing::ValuesIn(representative_causal_cases(150)), case_name);

std::vector<VariantCase> causal_defaults() {
  std::vector<VariantCase> cases;
  for (const char* variant : {"softmax", "flash", "longformer", "performer", "linear_transformer", "memory_compressed",
                              "image_transformer", "sparse_transformer", "axial", "synthesizer", "transformer_xl",
                              "compressive", "routing", "reformer", "sinkhorn"})
    for (const Scope scope : {Scope::core, Scope::layer}) {
      const std::set<std::string> without_itself{"memory_compressed", "reformer"}, sorts{"reformer", "routing"};
      VariantCase c{variant, {}, problem_of(scope, true, 1, 2, 140, 16)};
      if (c.variant == "routing") c.options["commitment"] = "0";  // the loss is one of all positions
      c.traits.sees_itself = !without_itself.contains(c.variant);
      c.traits.keeps_rounding = !sorts.contains(c.variant);
      cases.push_back(c);
    }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(defaults, Causality, testing::ValuesIn(causal_defaults()), case_name);

}  // namespace
}  // namespace attnscope::variant_testing
